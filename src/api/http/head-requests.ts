import type { IncomingMessage } from 'node:http'

const heads = new WeakSet<IncomingMessage>()

/** Has whoever answers the request make the answer to a GET, of which Node.js then sends no more than the head. */
export function answerHeadLikeGet(request: IncomingMessage): void {
  if (request.method !== 'HEAD') return
  heads.add(request)
  request.method = 'GET'
}

/** Whether nobody will read the answer's body. */
export function wantsHeadOnly(request: IncomingMessage): boolean {
  return heads.has(request)
}
