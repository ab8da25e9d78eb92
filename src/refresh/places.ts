import { RollcallError } from '../base/errors.ts'
import type { RefreshScope } from '../store/refresh-store.ts'
import type { Store } from '../store/store.ts'
import type { Places } from './scope.ts'

/**
 * Where the sites and devices that a scope names lie.
 *
 * @throws RollcallError NOT_FOUND for an id that there is not.
 */
export async function placesOf({ inventory, devices }: Store, scope: RefreshScope): Promise<Places> {
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
