import { createHash, subtle } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Plugin } from 'graphql-yoga'

/**
 * Lets only the client itself keep an answer to GET, and makes it ask each time whether the answer is still
 * current.
 */
const CACHED = {
  'cache-control': 'private, no-cache',
  vary: 'Accept, Accept-Encoding, Authorization, Origin',
}

export const JSON_TYPE = /^application\/(?:graphql-response\+)?json\b/

/**
 * Returns an entity tag. It is weak (RFC 9110 section 8.8.3), because the content is also sent compressed, in
 * other bytes.
 */
export function entityTag(content: string | Uint8Array): string {
  return `W/"${createHash('sha256').update(content).digest('base64url')}"`
}

/** More bytes are hashed in another thread, and once for all responses that share them. */
const MAX_HASHED_HERE = 64 * 1024

class EntityTags {
  readonly #known = new WeakMap<Uint8Array, Promise<string>>()

  tagOf(bytes: Uint8Array<ArrayBuffer>): string | Promise<string> {
    if (bytes.length <= MAX_HASHED_HERE) return entityTag(bytes)
    const known = this.#known.get(bytes)
    if (known) return known
    const tag = subtle
      .digest('SHA-256', bytes)
      .then((digest) => `W/"${Buffer.from(digest).toString('base64url')}"`)
    this.#known.set(bytes, tag)
    return tag
  }
}

/**
 * Whether the client has the content of `etag` (RFC 9110 section 13.1.2). Weak and strong tags compare as
 * equal.
 */
export function isKnownToClient(
  etag: string,
  { 'if-none-match': given }: Pick<IncomingHttpHeaders, 'if-none-match'>,
): boolean {
  if (given === undefined) return false
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '')
  return given.trim() === '*' || given.split(',').map(opaque).includes(opaque(etag))
}

/**
 * Tags answers to GET without errors with a hash of their bytes, and answers 304 to a client that already has
 * those bytes.
 */
export function conditionalGets(): Plugin {
  const failed = new WeakSet<Request>()
  const tags = new EntityTags()
  return {
    onResultProcess({ request, result }) {
      if ('errors' in result && result.errors) failed.add(request)
    },
    onResponse({ request, response, setResponse, fetchAPI }) {
      if (request.method !== 'GET' || !JSON_TYPE.test(response.headers.get('content-type') ?? '')) return
      if (response.status !== 200 || failed.has(request)) {
        response.headers.set('cache-control', 'no-store')
        return
      }
      return (async () => {
        // The bytes that the response was made of, which may be those of other responses as well.
        const bytes = await response.bytes()
        const etag = await tags.tagOf(bytes)
        const ifNoneMatch = request.headers.get('if-none-match') ?? undefined
        const headers = { ...CACHED, etag }
        if (isKnownToClient(etag, { 'if-none-match': ifNoneMatch })) {
          setResponse(new fetchAPI.Response(null, { status: 304, headers }))
        } else {
          const all = { ...Object.fromEntries(response.headers), ...headers }
          setResponse(new fetchAPI.Response(bytes, { headers: all }))
        }
      })()
    },
  }
}
