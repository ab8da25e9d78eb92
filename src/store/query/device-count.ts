import type { Kysely } from 'kysely'
import type { Database } from '../tables/database.ts'
import { asksOfSiteAlone, matchingDevices } from './device-filter.ts'
import type { DeviceFilter } from './filters.ts'
import { matchingSites } from './site-filter.ts'

/** Of a million devices by their sites alone, or of all, the sites' own counts take a tenth of the time. */
export async function countDevices(db: Kysely<Database>, filter: DeviceFilter): Promise<number> {
  const counted = asksOfSiteAlone(filter)
    ? db
        .selectFrom('sites')
        .select((eb) => eb.fn.coalesce(eb.fn.sum<number>('active_devices'), eb.lit(0)).as('count'))
        .where(matchingSites(filter.site ?? {}))
    : db
        .selectFrom('devices')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where(matchingDevices(filter))
  const { count } = await counted.executeTakeFirstOrThrow()
  return count
}
