import type { IncomingMessage, ServerResponse } from 'node:http'
import { type TraceParent, tracing } from '../../base/tracing.ts'

/**
 * Starts the span of a GraphQL request, which ends with its connection or its answer, and returns its name;
 * undefined if traces are off. The span continues the trace of the client's `traceparent` (W3C Trace
 * Context). Neither the query of the URL nor a header is recorded.
 */
export function startRequestSpan(
  { method = '', headers }: IncomingMessage,
  response: ServerResponse,
  path: string,
): TraceParent | undefined {
  const { traceparent } = headers
  const span = tracing()?.start(`${method} ${path}`, {
    isServer: true,
    parent: typeof traceparent === 'string' ? traceparent : undefined,
    attributes: { 'http.request.method': method, 'http.route': path },
  })
  if (span === undefined) return undefined
  response.once('close', () => {
    const { statusCode } = response
    span.set({ 'http.response.status_code': statusCode })
    span.end({ isFailure: statusCode >= 500 })
  })
  return span.traceParent
}
