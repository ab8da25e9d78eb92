import type { Kysely } from 'kysely'
import type { DeviceLifecycle } from '../inventory/record.ts'
import type { ProbeOutcome } from '../netconf/outcome.ts'
import type { Database } from './database.ts'

/** One device of `export hierarchy`. */
export interface HierarchyRow {
  country: string
  site: string
  device: string
  address: string
}

/** One device of `export devices`. Times are epoch milliseconds. */
export interface DeviceListRow {
  name: string
  address: string
  port: number
  site: string
  country: string
  region: string | null
  platform: string | null
  credential: string | null
  lifecycle: DeviceLifecycle
  netconfSupported: boolean | null
  lastOutcome: ProbeOutcome | null
  lastProbedAt: number | null
}

/** @see DeviceStore.hierarchy */
export async function hierarchyOf(
  db: Kysely<Database>,
  { supportedOnly }: { supportedOnly: boolean },
): Promise<HierarchyRow[]> {
  return await listed(db, supportedOnly)
    .select(['countries.name as country', 'sites.name as site', 'devices.name as device', 'devices.address'])
    .execute()
}

/** @see DeviceStore.list */
export async function deviceList(
  db: Kysely<Database>,
  { supportedOnly }: { supportedOnly: boolean },
): Promise<DeviceListRow[]> {
  const rows = await listed(db, supportedOnly)
    .select([
      'devices.name',
      'devices.address',
      'devices.port',
      'sites.name as site',
      'countries.name as country',
      'countries.region',
      'devices.platform',
      'devices.credential',
      'devices.lifecycle',
      'devices.netconf_supported as netconfSupported',
      'devices.last_outcome as lastOutcome',
      'devices.last_probed_at as lastProbedAt',
    ])
    .execute()
  return rows.map((row) => ({ ...row, netconfSupported: toBoolean(row.netconfSupported) }))
}

function listed(db: Kysely<Database>, supportedOnly: boolean) {
  const devices = db
    .selectFrom('devices')
    .innerJoin('sites', 'sites.id', 'devices.site_id')
    .innerJoin('countries', 'countries.id', 'sites.country_id')
    .where('devices.lifecycle', '=', 'ACTIVE')
    .orderBy('countries.name')
    .orderBy('sites.name')
    .orderBy('devices.name')
  return supportedOnly ? devices.where('devices.netconf_supported', '=', 1) : devices
}

/** SQLite has no booleans. */
export function toBoolean(value: number | null): boolean | null {
  return value === null ? null : value === 1
}
