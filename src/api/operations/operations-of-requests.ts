import type { IncomingMessage } from 'node:http'
import type { DocumentNode } from 'graphql'
import type { ThreadTurns } from '../fairness/thread-turns.ts'
import { type OperationParams, paramsOfBody, paramsOfUrl } from './operation-params.ts'
import type { PersistedOperations } from './persisted-operations.ts'
import { readJsonText } from './request-body.ts'

interface ParseHook {
  params: { source: unknown }
  setParsedDocument(document: DocumentNode): void
}

interface RequestParseHook {
  request: { method: string }
  serverContext: object
  setRequestParser(parse: () => OperationParams | Promise<OperationParams>): void
}

interface RequestContext {
  req: IncomingMessage
  caller: string
  /** See `LimitedContext`. */
  arrivedAt?: number
}

/**
 * For the server library, how an operation is read from a request. The library itself would also take forms, which any page may
 * send, and puts replacement characters where a text is not UTF-8.
 */
export function operationsOfRequests(options: {
  operations: PersistedOperations
  maxBytes: number
  turns: ThreadTurns
}) {
  const { operations, maxBytes, turns } = options
  return {
    onRequestParse({ request: { method }, serverContext, setRequestParser }: RequestParseHook): void {
      const context = serverContext as RequestContext
      const { req: request } = context
      if (method !== 'GET' && method !== 'POST') return
      setRequestParser(async () => {
        const body = method === 'GET' ? null : await readJsonText(request, maxBytes)
        context.arrivedAt = performance.now()
        // From here on nothing waits until the operation is executed, or in a queue for that.
        await turns.takeForRequest(context.caller)
        const params = body === null ? paramsOfUrl(request.url ?? '/') : paramsOfBody(body)
        const { documentId: _, ...rest } = params
        return { ...rest, query: operations.textOf(params) }
      })
    },
    onParse({ params: { source }, setParsedDocument }: ParseHook): void {
      const document = typeof source === 'string' ? operations.documentOf(source) : undefined
      if (document) setParsedDocument(document)
    },
  }
}
