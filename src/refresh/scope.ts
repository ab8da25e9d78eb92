import { RollcallError } from '../base/errors.ts'
import type { RefreshScope } from '../store/refresh-store.ts'
import type { Store } from '../store/store.ts'

/** The countries of the sites, and the sites of the devices, that a scope names. */
export interface ScopePlaces {
  countryOfSite: ReadonlyMap<number, number>
  siteOfDevice: ReadonlyMap<number, number>
}

export const EVERYTHING: RefreshScope = { countryIds: [], siteIds: [], deviceIds: [] }

export function isEverything(scope: RefreshScope): boolean {
  return scope.countryIds.length + scope.siteIds.length + scope.deviceIds.length === 0
}

/** Returns whether `outer` contains every device of `inner`. `places` are those of `inner`. */
export function scopeCovers(outer: RefreshScope, inner: RefreshScope, places: ScopePlaces): boolean {
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

/**
 * Reads the places of a scope.
 *
 * @throws RollcallError NOT_FOUND if an id of the scope does not exist.
 */
export async function placesOf({ inventory, devices }: Store, scope: RefreshScope): Promise<ScopePlaces> {
  const deviceRows = await devices.byIds(scope.deviceIds)
  const siteRows = await inventory.sitesByIds([
    ...scope.siteIds,
    ...deviceRows.map((device) => device.siteId),
  ])
  const countryRows = await inventory.countriesByIds(scope.countryIds)
  expectAll('country', scope.countryIds, new Set(countryRows.map((country) => country.id)))
  expectAll('site', scope.siteIds, new Set(siteRows.map((site) => site.id)))
  expectAll('device', scope.deviceIds, new Set(deviceRows.map((device) => device.id)))
  return {
    countryOfSite: new Map(siteRows.map((site) => [site.id, site.countryId])),
    siteOfDevice: new Map(deviceRows.map((device) => [device.id, device.siteId])),
  }
}

function expectAll(kind: string, asked: readonly number[], found: ReadonlySet<number>): void {
  const missing = asked.filter((id) => !found.has(id)).length
  if (missing === 0) return
  throw new RollcallError(
    'NOT_FOUND',
    `${missing} of the ${kind} ids in the scope name no ${kind}; nothing was started.`,
  )
}
