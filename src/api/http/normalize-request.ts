import type { IncomingMessage } from 'node:http'

const ABSOLUTE = /^https?:\/\//i

/**
 * Brings what a request asks for, and of which host, into the usual form: a path in `url`, and the host in `headers.host`. A proxy may
 * send both in one (RFC 9112 section 3.2.2), and the Host header then counts for nothing. Returns what is wrong with a request for
 * which this cannot be told, in a sentence, else null.
 */
export function normalizeTarget(request: IncomingMessage): string | null {
  if (countOf(request, 'host') > 1) return 'The request has several Host headers; send one.'
  const { url = '/' } = request
  if (!ABSOLUTE.test(url)) return null
  const target = URL.parse(url)
  if (target === null) return 'The target of the request is not a valid URL.'
  request.url = `${target.pathname}${target.search}`
  request.headers.host = target.host
  return null
}

/** Node.js drops all but the first from `headers`. */
function countOf({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const each = rawHeaders[index]
    if (each?.length === name.length && each.toLowerCase() === name) count += 1
  }
  return count
}

const heads = new WeakSet<IncomingMessage>()

/** Has whoever answers the request make the answer to a GET, of which Node.js then sends no more than the head. */
export function treatHeadAsGet(request: IncomingMessage): void {
  if (request.method !== 'HEAD') return
  heads.add(request)
  request.method = 'GET'
}

/** Whether nobody will read the answer's body. */
export function wantsHeadOnly(request: IncomingMessage): boolean {
  return heads.has(request)
}
