import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** What a client may keep of an answer by GET: only for itself, and not without asking whether it is still the same. */
const CACHED = { 'cache-control': 'private, no-cache', vary: 'Accept, Authorization, Origin' }

const JSON_TYPE = /^application\/(?:graphql-response\+)?json\b/

/** RFC 9110 section 8.8.3, without the mark of weak ones. */
export function entityTag(content: string): string {
  return `"${createHash('sha256').update(content).digest('base64url')}"`
}

/** RFC 9110 section 13.1.2: whether the client has what `etag` is of. Weak tags and strong ones are alike here. */
export function isKnownToClient(
  etag: string,
  { 'if-none-match': given }: Pick<IncomingHttpHeaders, 'if-none-match'>,
): boolean {
  if (given === undefined) return false
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '')
  return given.trim() === '*' || given.split(',').map(opaque).includes(opaque(etag))
}

interface ResponseHook {
  request: Request
  response: Response
  setResponse(response: Response): void
  fetchAPI: { Response: typeof Response }
}

/**
 * For the server library: gives what is answered by GET without errors a tag of its bytes, whatever made them, and does not send
 * again what the client has.
 */
export function conditionalGets() {
  const failed = new WeakSet<Request>()
  return {
    onResultProcess({ request, result }: { request: Request; result: unknown }): void {
      if (typeof result === 'object' && result !== null && 'errors' in result && result.errors)
        failed.add(request)
    },
    async onResponse({ request, response, setResponse, fetchAPI }: ResponseHook): Promise<void> {
      if (request.method !== 'GET' || !JSON_TYPE.test(response.headers.get('content-type') ?? '')) return
      if (response.status !== 200 || failed.has(request)) {
        response.headers.set('cache-control', 'no-store')
        return
      }
      const text = await response.text()
      const etag = entityTag(text)
      const ifNoneMatch = request.headers.get('if-none-match') ?? undefined
      const headers = { ...CACHED, etag }
      if (isKnownToClient(etag, { 'if-none-match': ifNoneMatch })) {
        setResponse(new fetchAPI.Response(null, { status: 304, headers }))
      } else {
        const all = { ...Object.fromEntries(response.headers), ...headers }
        setResponse(new fetchAPI.Response(text, { headers: all }))
      }
    },
  }
}
