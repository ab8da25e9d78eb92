import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'

const REST_OF_BODY_MS = 2_000

/** Answers with one sentence. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(`${text}\n`)
}

/**
 * For a request of whose body no more is wanted. To end the connection at once would have the client fail at sending, and
 * maybe not see the answer: what it sends is read and thrown away. Resolves with whether all has come, or false after a while.
 */
export function throwAwayRest(request: IncomingMessage): Promise<boolean> {
  if (request.complete) return Promise.resolve(true)
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), REST_OF_BODY_MS)
    timer.unref()
    request.once('close', () => {
      clearTimeout(timer)
      resolve(request.complete)
    })
    request.resume()
  })
}
