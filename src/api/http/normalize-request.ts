import type { IncomingMessage } from 'node:http'

const ABSOLUTE = /^https?:\/\//i

/**
 * Normalizes the target of a request: `url` becomes a path, and `headers.host` the host. A proxy may send
 * both in the URL, and then the Host header is ignored (RFC 9112 section 3.2.2). Returns one sentence about
 * what is wrong with the request, or null.
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

/** Counts the headers of a name. `headers` has only the first of them. */
function countOf({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const each = rawHeaders[index]
    if (each?.length === name.length && each.toLowerCase() === name) count += 1
  }
  return count
}

const heads = new WeakSet<IncomingMessage>()

/** Makes a HEAD request look like GET. Node.js sends only the head of the answer. */
export function treatHeadAsGet(request: IncomingMessage): void {
  if (request.method !== 'HEAD') return
  heads.add(request)
  request.method = 'GET'
}

/** Whether the request was HEAD, so that nobody reads the body of the answer. */
export function wantsHeadOnly(request: IncomingMessage): boolean {
  return heads.has(request)
}
