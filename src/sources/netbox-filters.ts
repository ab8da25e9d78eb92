import { nameOf } from './http-failure.ts'
import type { HttpSession } from './http-session.ts'
import { MAX_PAGE_BYTES, requestJson } from './json-answer.ts'
import { sourceFailure } from './source.ts'

type Filter = Readonly<Record<string, readonly string[]>>

/** A value that no device has. */
const NO_VALUE = 'rollcall-asks-whether-this-filter-is-known'

/** Filters that select devices by what they do not have. */
const NEGATIVE = /__(?:n|nic|nie|niew|nisw)$/

/**
 * Rejects with a RollcallError (SOURCE_FAILED) if NetBox does not know one of the filters. NetBox ignores
 * unknown filters silently, so devices would be probed that the filter should exclude.
 *
 * The check asks for a value that no device has. A known filter refuses it or finds nothing. A boolean filter
 * ignores it as an unknown one does, but no device is both `true` and `false` of a known one.
 *
 * @param urlOf returns the URL of the list of devices with a filter
 */
export async function checkNetBoxFilters(
  session: HttpSession,
  filter: Filter,
  urlOf: (filter: Filter) => URL,
): Promise<void> {
  const count = (name: string, value: string) =>
    countDevices(session, urlOf({ [name]: [value], exclude: ['config_context'] }))
  for (const name of Object.keys(filter)) {
    if (NEGATIVE.test(name)) continue
    const all = await count(name, NO_VALUE)
    if (all === null || all === 0) continue
    if ((await count(name, 'true')) !== all || (await count(name, 'false')) !== all) continue
    throw sourceFailure(
      nameOf(urlOf({})),
      `does not know the filter "${name}" and would give every device; correct the source's "filter".`,
    )
  }
}

/** Returns the number of devices that a URL selects; null if NetBox refuses the filter. */
async function countDevices(session: HttpSession, url: URL): Promise<number | null> {
  url.searchParams.set('limit', '1')
  const headers = { accept: 'application/json' }
  const request = { method: 'GET', url, headers, maxBytes: MAX_PAGE_BYTES, alsoRead: [400] } as const
  const { count } = await requestJson(session, request)
  return typeof count === 'number' ? count : null
}
