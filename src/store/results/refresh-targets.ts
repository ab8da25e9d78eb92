import { expressionBuilder, type Kysely, sql, type Transaction } from 'kysely'
import { letOthersWork } from '../../base/turns.ts'
import type { DeviceLifecycle } from '../../inventory/record.ts'
import type { ProbeOutcome } from '../../netconf/outcome/outcome.ts'
import { BATCH_SIZE } from '../tables/batches.ts'
import type { Database } from '../tables/database.ts'
import { jsonList } from '../tables/json-values.ts'

/** Devices per read of `likeliestTargets`, whose callers mostly need only the first few. */
const CHUNK = 200

/** The devices of everything that is named; if nothing is named, all devices. */
export interface RefreshScope {
  countryIds: number[]
  siteIds: number[]
  deviceIds: number[]
}

/** One device that a refresh probes, with what the probe needs. */
export interface TargetRow {
  deviceId: number
  name: string
  address: string
  port: number
  platform: string | null
  credential: string | null
  lifecycle: DeviceLifecycle
  siteId: number
  site: string
  country: string
  /** Probes in a row that opened no session. */
  failures: number
  /** Epoch milliseconds until which the device is not probed unless forced; null if it is not backed off. */
  backOffUntil: number | null
  /** Null if the device was not probed yet. */
  lastOutcome: ProbeOutcome | null
  /** Null if the device has not shown a key yet. */
  hostKey: TargetHostKey | null
}

/** The trusted host key of a device, and the other one that it last showed instead. */
interface TargetHostKey {
  algorithm: string
  fingerprint: string
  offeredFingerprint: string | null
}

export interface TargetSelection {
  scope: RefreshScope
  /** Epoch milliseconds; excludes devices that were probed since. Null excludes none. */
  probedBefore: number | null
  /**
   * Epoch milliseconds; includes devices probed after it, by a clock that was set back since. Default: never.
   */
  orAfter?: number
}

/** @see RefreshStore.addTargets */
export async function addTargets(
  transaction: Transaction<Database>,
  id: number,
  { scope, probedBefore, orAfter = Number.MAX_SAFE_INTEGER }: TargetSelection,
): Promise<number> {
  const { total: settled } = await transaction
    .selectFrom('refreshes')
    .select('total')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  if (settled !== null) return settled
  const { numInsertedOrUpdatedRows } = await transaction
    .insertInto('refresh_targets')
    .columns(['refresh_id', 'device_id', 'position'])
    .expression((eb) => {
      let devices = eb
        .selectFrom('devices')
        .innerJoin('sites', 'sites.id', 'devices.site_id')
        .innerJoin('countries', 'countries.id', 'sites.country_id')
        .select(eb.cast<number>(eb.val(id), 'bigint').as('refresh_id'))
        .select('devices.id')
        .select(
          sql<number>`row_number() over (order by countries.name, sites.name, devices.name)`.as('position'),
        )
        .where('devices.lifecycle', '=', 'ACTIVE')
      if (Object.values(scope).some((ids) => ids.length > 0)) {
        devices = devices.where('devices.id', 'in', idsInScope(scope))
      }
      if (probedBefore !== null) {
        devices = devices.where((where) =>
          where.or([
            where('devices.last_probed_at', 'is', null),
            where('devices.last_probed_at', '<', probedBefore),
            where('devices.last_probed_at', '>', orAfter),
          ]),
        )
      }
      return devices
    })
    .executeTakeFirstOrThrow()
  const total = Number(numInsertedOrUpdatedRows)
  await transaction.updateTable('refreshes').set({ total }).where('id', '=', id).execute()
  return total
}

/**
 * Selects each part through its own index: for an `or` over several tables, SQLite would read all devices.
 */
function idsInScope({ countryIds, siteIds, deviceIds }: RefreshScope) {
  const eb = expressionBuilder<Database, never>()
  const devices = eb.selectFrom('devices').select('devices.id')
  const sites = eb
    .selectFrom('sites')
    .select('sites.id')
    .where('sites.country_id', 'in', jsonList(countryIds))
  return devices
    .where('devices.site_id', 'in', sites)
    .union(devices.where('devices.site_id', 'in', jsonList(siteIds)))
    .union(devices.where('devices.id', 'in', jsonList(deviceIds)))
}

/**
 * Settles the targets of the refresh `id`, a retry of `retryOf`: the targets of that one that are still
 * active, and whose result in it was not SUPPORTED or is missing. If `retryOf` has no settled targets, those
 * of the retry are settled later, as for any refresh.
 *
 * @returns the number of targets; null if they are not settled
 */
export async function addTargetsOfRetry(
  transaction: Transaction<Database>,
  { id, retryOf }: { id: number; retryOf: number },
): Promise<number | null> {
  const { total: settled } = await transaction
    .selectFrom('refreshes')
    .select('total')
    .where('id', '=', retryOf)
    .executeTakeFirstOrThrow()
  if (settled === null) return null
  const { numInsertedOrUpdatedRows } = await transaction
    .insertInto('refresh_targets')
    .columns(['refresh_id', 'device_id', 'position'])
    .expression((eb) =>
      eb
        .selectFrom('refresh_targets as tried')
        .innerJoin('devices', 'devices.id', 'tried.device_id')
        .leftJoin('probes', (join) =>
          join
            .onRef('probes.refresh_id', '=', 'tried.refresh_id')
            .onRef('probes.device_id', '=', 'tried.device_id'),
        )
        .select(eb.cast<number>(eb.val(id), 'bigint').as('refresh_id'))
        .select(['tried.device_id', 'tried.position'])
        .where('tried.refresh_id', '=', retryOf)
        .where('devices.lifecycle', '=', 'ACTIVE')
        .where((where) =>
          where.or([where('probes.outcome', 'is', null), where('probes.outcome', '!=', 'SUPPORTED')]),
        ),
    )
    .executeTakeFirstOrThrow()
  const total = Number(numInsertedOrUpdatedRows)
  await transaction.updateTable('refreshes').set({ total }).where('id', '=', id).execute()
  return total
}

/** @see RefreshStore.pendingTargets */
export async function pendingTargets(db: Kysely<Database>, id: number): Promise<TargetRow[]> {
  const { last } = await db
    .selectFrom('refresh_targets')
    .select((eb) => eb.fn.coalesce(eb.fn.max('position'), eb.val(0)).as('last'))
    .where('refresh_id', '=', id)
    .executeTakeFirstOrThrow()
  const targets = new Array<TargetRow | undefined>(last)
  for (let after = 0; ; ) {
    const rows = await selectTargets(db)
      .innerJoin(dueTargets(db, { id, after }).as('due'), 'due.device_id', 'devices.id')
      .select('due.position')
      .orderBy('due.device_id')
      .execute()
    for (const row of rows) targets[row.position - 1] = toTarget(row)
    if (rows.length < BATCH_SIZE) return targets.filter((target) => target !== undefined)
    after = rows.at(-1)?.deviceId ?? after
    await letOthersWork()
  }
}

/**
 * Selects the next targets that have no result. They are chosen before their devices are joined, and each
 * result is looked up. For each batch, PostgreSQL would otherwise read the devices from the first one on, and
 * all results of the refresh.
 */
function dueTargets(db: Kysely<Database>, { id, after }: { id: number; after: number }) {
  return db
    .selectFrom('refresh_targets')
    .select(['refresh_targets.device_id', 'refresh_targets.position'])
    .where('refresh_targets.refresh_id', '=', id)
    .where('refresh_targets.device_id', '>', after)
    .where(
      (eb) =>
        eb
          .selectFrom('probes')
          .select('probes.id')
          .whereRef('probes.refresh_id', '=', 'refresh_targets.refresh_id')
          .whereRef('probes.device_id', '=', 'refresh_targets.device_id'),
      'is',
      null,
    )
    .orderBy('refresh_targets.device_id')
    .limit(BATCH_SIZE)
}

/** @see RefreshStore.likeliestTargets */
export async function* likeliestTargets(db: Kysely<Database>): AsyncGenerator<TargetRow> {
  const order = await db
    .selectFrom('devices')
    .select('id')
    .where('lifecycle', '=', 'ACTIVE')
    .orderBy('last_supported_at', (by) => by.desc().nullsLast())
    .orderBy('failures')
    .orderBy('id')
    .execute()
  for (let from = 0; from < order.length; from += CHUNK) {
    const ids = order.slice(from, from + CHUNK).map(({ id }) => id)
    const rows = await selectTargets(db).where('devices.id', 'in', jsonList(ids)).execute()
    const targets = new Map(rows.map((row) => [row.deviceId, row]))
    for (const id of ids) {
      const target = targets.get(id)
      if (target) yield toTarget(target)
    }
  }
}

function selectTargets(db: Kysely<Database>) {
  return db
    .selectFrom('devices')
    .innerJoin('sites', 'sites.id', 'devices.site_id')
    .innerJoin('countries', 'countries.id', 'sites.country_id')
    .leftJoin('host_keys', 'host_keys.device_id', 'devices.id')
    .select([
      'devices.id as deviceId',
      'devices.name',
      'devices.address',
      'devices.port',
      'devices.platform',
      'devices.credential',
      'devices.lifecycle',
      'devices.site_id as siteId',
      'sites.name as site',
      'countries.name as country',
      'devices.failures',
      'devices.back_off_until as backOffUntil',
      'devices.last_outcome as lastOutcome',
      'host_keys.algorithm',
      'host_keys.fingerprint',
      'host_keys.offered_fingerprint as offeredFingerprint',
    ])
}

type SelectedTarget = Omit<TargetRow, 'hostKey'> & {
  algorithm: string | null
  fingerprint: string | null
  offeredFingerprint: string | null
}

/** Converts field by field: for thousands of rows, a copy with a rest is several times slower. */
function toTarget(row: SelectedTarget): TargetRow {
  const { algorithm, fingerprint, offeredFingerprint } = row
  return {
    deviceId: row.deviceId,
    name: row.name,
    address: row.address,
    port: row.port,
    platform: row.platform,
    credential: row.credential,
    lifecycle: row.lifecycle,
    siteId: row.siteId,
    site: row.site,
    country: row.country,
    failures: row.failures,
    backOffUntil: row.backOffUntil,
    lastOutcome: row.lastOutcome,
    hostKey:
      algorithm === null || fingerprint === null ? null : { algorithm, fingerprint, offeredFingerprint },
  }
}
