import { type Kysely, sql } from 'kysely'
import type { Database } from '../tables/database.ts'
import { matchingDevices } from './device-filter.ts'
import { type Summary, summarize } from './device-summary.ts'
import type { DeviceFilter } from './filters.ts'

/** The columns by which devices are grouped. */
const COLUMNS = {
  REGION: 'countries.region',
  COUNTRY: 'countries.name',
  SITE: 'sites.name',
  PLATFORM: 'devices.platform',
  VENDOR: 'device_facts.vendor',
  MODEL: 'device_facts.model',
  OS_VERSION: 'device_facts.os_version',
  OUTCOME: 'devices.last_outcome',
  PHASE: 'devices.last_phase',
  CREDENTIAL: 'devices.credential',
} as const

/** The contract's `DeviceGrouping`. */
export type DeviceGrouping = keyof typeof COLUMNS
export const DEVICE_GROUPINGS = Object.keys(COLUMNS) as DeviceGrouping[]

/** The active devices that share the value of a property; null if they have none. */
export interface DeviceGroup {
  value: string | null
  summary: Summary
}

/** Returns the largest groups of the active devices that match, the largest first, equal ones by value. */
export async function deviceGroups(
  db: Kysely<Database>,
  options: { by: DeviceGrouping; filter: DeviceFilter; first: number },
): Promise<DeviceGroup[]> {
  const value = sql.ref<string | null>(COLUMNS[options.by])
  const rows = await db
    .selectFrom('devices')
    .innerJoin('sites', 'sites.id', 'devices.site_id')
    .innerJoin('countries', 'countries.id', 'sites.country_id')
    .leftJoin('device_facts', 'device_facts.device_id', 'devices.id')
    .select([value.as('value'), 'devices.last_outcome as outcome'])
    .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.min('devices.last_probed_at').as('oldest')])
    .where('devices.lifecycle', '=', 'ACTIVE')
    .where(matchingDevices(options.filter))
    .groupBy([value, 'devices.last_outcome'])
    .execute()
  const groups = Map.groupBy(rows, (row) => row.value)
  return [...groups]
    .map(([name, counts]) => ({ value: name, summary: summarize(counts) }))
    .sort((a, b) => b.summary.devices - a.summary.devices || compare(a.value, b.value))
    .slice(0, options.first)
}

/** Sorts by code points, as the database does; null comes last. */
function compare(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
