import { nameOf } from './http-failure.ts'
import type { HttpSession } from './http-session.ts'
import { MAX_PAGE_BYTES, requestJson } from './json-answer.ts'
import { sourceFailure } from './source-failure.ts'

type Filter = Readonly<Record<string, readonly string[]>>

/** A value that no device has. */
const NO_VALUE = 'rollcall-asks-whether-this-filter-is-known'

/** Filters that a device passes for what it has not. */
const NEGATIVE = /__(?:n|nic|nie|niew|nisw|empty)$/

/**
 * Rejects with a RollcallError (SOURCE_FAILED) if NetBox does not know one of the filters. It ignores those without a word, so that
 * devices would be probed that the filter should keep out. A filter that it knows refuses a value that no device has, or finds
 * nothing; of a boolean one this cannot be told.
 *
 * @param urlOf the list of devices with a filter
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
