import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { codingFor, compress, MIN_BYTES } from './compression.ts'

const REST_OF_BODY_MS = 2_000

/** Answers with one sentence of text. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(`${text}\n`)
}

/** Answers with bytes, compressed if the client accepts it. Bytes that are sent again are compressed once. */
export async function sendBytes(
  { headers: given }: Pick<IncomingMessage, 'headers'>,
  response: ServerResponse,
  bytes: Uint8Array,
  headers: OutgoingHttpHeaders,
): Promise<void> {
  const coding = bytes.length < MIN_BYTES ? undefined : codingFor(given)
  const body = coding ? await compress(bytes, coding) : bytes
  response.writeHead(200, {
    ...headers,
    ...(coding && { 'content-encoding': coding.name }),
    'content-length': body.length,
  })
  response.end(body)
}

/**
 * Reads the rest of a request's body and drops it. If the connection ended at once, the client would fail to
 * send and might not see the answer. Resolves with whether the body is complete, or with false after two
 * seconds.
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
