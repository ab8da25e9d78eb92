import type { RefreshScope } from '../store/refresh-store.ts'

/** Where the sites and devices that a scope names lie. */
export interface Places {
  countryOfSite: ReadonlyMap<number, number>
  siteOfDevice: ReadonlyMap<number, number>
}

export const EVERYTHING: RefreshScope = { countryIds: [], siteIds: [], deviceIds: [] }

export function isEverything(scope: RefreshScope): boolean {
  return scope.countryIds.length + scope.siteIds.length + scope.deviceIds.length === 0
}

/** Whether every device in `inner` is in `outer` too. `places` holds what `inner` names. */
export function scopeCovers(outer: RefreshScope, inner: RefreshScope, places: Places): boolean {
  if (isEverything(outer)) return true
  if (isEverything(inner)) return false
  const countries = new Set(outer.countryIds)
  const sites = new Set(outer.siteIds)
  const devices = new Set(outer.deviceIds)
  const hasSite = (id: number | undefined) =>
    id !== undefined && (sites.has(id) || countries.has(places.countryOfSite.get(id) ?? Number.NaN))
  return (
    inner.countryIds.every((id) => countries.has(id)) &&
    inner.siteIds.every(hasSite) &&
    inner.deviceIds.every((id) => devices.has(id) || hasSite(places.siteOfDevice.get(id)))
  )
}
