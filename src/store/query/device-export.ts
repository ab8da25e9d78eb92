import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { DeviceLifecycle, InventoryRecord } from '../../inventory/record.ts'
import type { ProbeOutcome, ProbePhase } from '../../netconf/outcome/outcome.ts'
import type { Database } from '../tables/database.ts'
import { COUNTRY_OF_SITE } from '../tables/per-dialect.ts'

/** One device of an export. Times are epoch milliseconds. */
export interface DeviceListRow extends InventoryRecord {
  lifecycle: DeviceLifecycle
  netconfSupported: boolean | null
  lastOutcome: ProbeOutcome | null
  lastProbedAt: number | null
  /** The phase in which the last probe ended, and its message. */
  phase: ProbePhase | null
  message: string | null
}

export interface DeviceListOptions {
  /** Whether to list only supported devices; otherwise every active one. */
  supportedOnly: boolean
  /**
   * Awaited before each read but the first, so that other work gets its turn. Default: a turn of the event
   * loop.
   */
  beforeRead?: () => Promise<unknown> | undefined
}

/** Devices per read, which takes some milliseconds. */
const BATCH_SIZE = 1_000

/** @see DeviceStore.list */
export async function* deviceList(
  db: Kysely<Database>,
  { supportedOnly, beforeRead = nextTurn }: DeviceListOptions,
): AsyncGenerator<DeviceListRow[]> {
  let last = { country: '', site: '', name: '' }
  for (;;) {
    const rows = await batchAfter(db, last)
    // The filter is applied here, because one statement might scan a million devices to find the next match.
    const batch = rows.filter(
      ({ lifecycle, netconfSupported }) =>
        lifecycle === 'ACTIVE' && (!supportedOnly || netconfSupported === 1),
    )
    if (batch.length > 0)
      yield batch.map((row) => ({ ...row, netconfSupported: toBoolean(row.netconfSupported) }))
    if (rows.length < BATCH_SIZE) return
    last = rows.at(-1) ?? last
    await beforeRead()
  }
}

/** @see DeviceStore.listVersion */
export async function deviceListVersion(db: Kysely<Database>): Promise<string> {
  const change = await db
    .selectFrom('changes')
    .select(['id', 'at'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  const probe = await db
    .selectFrom('probes')
    .select(['id', 'started_at'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  // The times are part of it, because another database may have the same ids.
  return [change?.id, change?.at, probe?.id, probe?.started_at].join(' ')
}

/**
 * Reads the next devices by country, site and name. In this order of the tables, and with a lower bound on
 * each name, SQLite continues in its indexes where the last batch ended: nothing is sorted, nothing is
 * skipped.
 */
async function batchAfter(db: Kysely<Database>, last: { country: string; site: string; name: string }) {
  return await db
    .selectFrom('countries')
    .crossJoin('sites')
    .crossJoin('devices')
    .leftJoin('probes', 'probes.id', 'devices.last_probe_id')
    .whereRef('sites.country_id', '=', 'countries.id')
    .whereRef('devices.site_id', '=', 'sites.id')
    .where(COUNTRY_OF_SITE, '>=', last.country)
    .where('sites.name', '>=', (eb) =>
      eb.case().when(COUNTRY_OF_SITE, '=', last.country).then(last.site).else('').end(),
    )
    .where('devices.name', '>', (eb) =>
      eb
        .case()
        .when(eb.and([eb(COUNTRY_OF_SITE, '=', last.country), eb('sites.name', '=', last.site)]))
        .then(last.name)
        .else('')
        .end(),
    )
    .select([
      'devices.name',
      'devices.address',
      'devices.port',
      'sites.name as site',
      'countries.name as country',
      'countries.region',
      'devices.platform',
      'devices.credential',
      'devices.source_key as key',
      'devices.lifecycle',
      'devices.netconf_supported as netconfSupported',
      'devices.last_outcome as lastOutcome',
      'devices.last_probed_at as lastProbedAt',
      'probes.phase',
      'probes.message',
    ])
    .orderBy(COUNTRY_OF_SITE)
    .orderBy('sites.name')
    .orderBy('devices.name')
    .limit(BATCH_SIZE)
    .execute()
}

/** Converts a boolean of SQLite, which is a number. */
export function toBoolean(value: number | null): boolean | null {
  return value === null ? null : value === 1
}
