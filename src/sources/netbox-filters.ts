import { nameOf } from './http-failure.ts'
import type { HttpSession } from './http-session.ts'
import { MAX_PAGE_BYTES, requestJson } from './json-answer.ts'
import { sourceFailure } from './source-failure.ts'

type Filter = Readonly<Record<string, readonly string[]>>

/** A value that no device has. */
const NO_VALUE = 'rollcall-asks-whether-this-filter-is-known'

/** Filters that select devices by what they do not have. */
const NEGATIVE = /__(?:n|nic|nie|niew|nisw|empty)$/

/**
 * Rejects with a RollcallError (SOURCE_FAILED) if NetBox does not know one of the filters. NetBox ignores
 * unknown filters silently, so devices would be probed that the filter should exclude.
 *
 * The check asks for a value that no device has. A known filter refuses it or finds nothing. Boolean filters
 * cannot be checked this way.
 *
 * @param urlOf returns the URL of the list of devices with a filter /
 */
export async function checkNetBoxFilters(
  session: HttpSession,
  filter: Filter,
  urlOf: (filter: Filter) => URL,
): Promise<void> {
  for (const [name, values] of Object.entries(filter)) {
    if (NEGATIVE.test(name) || values.every((value) => /^(?:true|false)$/i.test(value))) continue
    const url = urlOf({ [name]: [NO_VALUE], exclude: ['config_context'] })
    url.searchParams.set('limit', '1')
    const headers = { accept: 'application/json' }
    const request = { method: 'GET', url, headers, maxBytes: MAX_PAGE_BYTES, alsoRead: [400] } as const
    const { count } = await requestJson(session, request)
    if (typeof count !== 'number' || count === 0) continue
    throw sourceFailure(
      nameOf(url),
      `does not know the filter "${name}" and would give every device; correct the source's "filter".`,
    )
  }
}
