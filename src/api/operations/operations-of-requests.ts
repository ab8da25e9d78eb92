import type { IncomingMessage } from 'node:http'
import type { Plugin } from 'graphql-yoga'
import type { ThreadTurns } from '../fairness/thread-turns.ts'
import { paramsOfBody, paramsOfUrl, readJsonText } from './operation-params.ts'
import type { PersistedOperations } from './persisted-operations.ts'

interface ServerContext {
  req: IncomingMessage
  caller: string
  /** See `LimitedContext`. */
  arrivedAt?: number
}

/**
 * Reads the operation of a request. The library's own parser would also accept forms, which any web page can
 * send, and would put replacement characters in place of bytes that are not UTF-8.
 */
export function operationsOfRequests(options: {
  operations: PersistedOperations
  maxBytes: number
  turns: ThreadTurns
}): Plugin<object, ServerContext> {
  const { operations, maxBytes, turns } = options
  return {
    onRequestParse({ request: { method }, serverContext: context, setRequestParser }) {
      const { req: request } = context
      if (method !== 'GET' && method !== 'POST') return
      setRequestParser(async () => {
        const body = method === 'GET' ? null : await readJsonText(request, maxBytes)
        context.arrivedAt = performance.now()
        // From here on nothing waits for the client until the operation is executed or queued.
        await turns.takeForRequest(context.caller)
        const params = body === null ? paramsOfUrl(request.url ?? '/') : paramsOfBody(body)
        const { documentId: _, ...rest } = params
        return { ...rest, query: operations.textOf(params) }
      })
    },
    onParse({ params: { source }, setParsedDocument }) {
      const document = typeof source === 'string' ? operations.documentOf(source) : undefined
      if (document) setParsedDocument(document)
    },
  }
}
