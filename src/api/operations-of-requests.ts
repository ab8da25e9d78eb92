import type { IncomingMessage } from 'node:http'
import type { DocumentNode } from 'graphql'
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

/**
 * For the server library, how an operation is read from a request. The library itself would also take forms, which any page may
 * send, and puts replacement characters where a text is not UTF-8.
 */
export function operationsOfRequests(options: { operations: PersistedOperations; maxBytes: number }) {
  const { operations, maxBytes } = options
  return {
    onRequestParse({ request: { method }, serverContext, setRequestParser }: RequestParseHook): void {
      const { req: request } = serverContext as { req: IncomingMessage }
      if (method !== 'GET' && method !== 'POST') return
      setRequestParser(async () => {
        const params =
          method === 'GET'
            ? paramsOfUrl(request.url ?? '/')
            : paramsOfBody(await readJsonText(request, maxBytes))
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
