import { digitsOf, isObject, type WrittenNumber } from '../inventory/parsed-values.ts'
import { nameOf } from './http/http-failure.ts'
import type { HttpSession } from './http/http-session.ts'
import { MAX_PAGE_BYTES, requestJson } from './http/json-answer.ts'
import { sourceFailure } from './source.ts'

/** An object in a list of NetBox. */
export type NetBoxObject = Readonly<Record<string, unknown>> & { readonly id: number | WrittenNumber }

interface Page {
  count: number
  next: string | null
  results: NetBoxObject[]
}

/**
 * Returns all objects of a list, page by page. Rejects with a RollcallError (SOURCE_FAILED) if a page or an
 * object comes twice, or if the list changed while it was read. Pages are counted from the beginning, so if
 * an object is deleted meanwhile, another one is skipped.
 */
export async function* netboxList(session: HttpSession, first: URL): AsyncGenerator<NetBoxObject[]> {
  const seen = new Set<string>()
  let total: number | null = null
  let url: URL | null = first
  while (url !== null) {
    const page: Page = await requestPage(session, url)
    total ??= page.count
    if (page.count !== total) throw changed(first)
    for (const object of page.results) {
      const id = digitsOf(object.id) ?? ''
      if (seen.has(id)) {
        throw sourceFailure(
          nameOf(first),
          `gives object ${id} twice, so that its pages cannot be relied on; see what is wrong with it.`,
        )
      }
      seen.add(id)
    }
    // Empty pages that name a next one could go on for ever, and so could pages beyond the total.
    const isLast = page.next === null || page.results.length === 0
    if (seen.size > total || (isLast && seen.size !== total)) throw changed(first)
    yield page.results
    url = isLast ? null : nextUrl(first, page.next ?? '')
  }
}

async function requestPage(session: HttpSession, url: URL): Promise<Page> {
  const headers = { accept: 'application/json' }
  const answer = await requestJson(session, { method: 'GET', url, headers, maxBytes: MAX_PAGE_BYTES })
  const { count, next = null, results } = answer
  const isPage =
    typeof count === 'number' &&
    (next === null || typeof next === 'string') &&
    Array.isArray(results) &&
    results.every(isNetBoxObject)
  if (isPage) return { count, next, results }
  throw sourceFailure(
    nameOf(url),
    'does not answer as NetBox does, with "count", "next" and "results"; correct the source\'s "url".',
  )
}

function isNetBoxObject(value: unknown): value is NetBoxObject {
  return isObject(value) && digitsOf(value.id) !== null
}

/**
 * Returns the URL of the next page: that of the list with the query that NetBox gives. Behind a proxy, NetBox
 * often names itself with another scheme, host, port or path. The login must not be sent there.
 */
function nextUrl(first: URL, next: string): URL {
  if (!URL.canParse(next, first)) {
    throw sourceFailure(nameOf(first), 'names a next page that is no URL; see what is wrong with it.')
  }
  const url = new URL(first)
  url.search = new URL(next, first).search
  return url
}

function changed(first: URL) {
  return sourceFailure(nameOf(first), 'changed while it was read; sync again.')
}
