import { type Kysely, sql } from 'kysely'
import { PROBE_OUTCOMES, type ProbeOutcome } from '../../netconf/outcome/outcome.ts'
import type { Database } from '../tables/database.ts'
import { jsonList } from '../tables/json-values.ts'
import { unindexed } from '../tables/per-dialect.ts'
import { filtersSitesOnly, selectMatching, usesOutcomeIndex } from './device-filter.ts'
import type { DeviceFilter } from './filters.ts'
import { matchingSites } from './site-filter.ts'

/** Counts over active devices, each by its last probe. */
export interface Summary {
  devices: number
  supported: number
  unprobed: number
  /** Outcomes that occur, in the order of `PROBE_OUTCOMES`. */
  byOutcome: { outcome: ProbeOutcome; count: number }[]
  /** Epoch milliseconds: the oldest of the devices' last probes; null if none was probed. */
  oldestProbeAt: number | null
}

/** The active devices of one group that share their last outcome. */
interface OutcomeCount {
  outcome: ProbeOutcome | null
  count: number
  oldest: number | null
}

/**
 * Counts devices. If the filter is on sites alone, it adds up the counts of the sites: ten times as fast for
 * a million.
 */
export async function countDevices(db: Kysely<Database>, filter: DeviceFilter): Promise<number> {
  const counted = filtersSitesOnly(filter)
    ? db
        .selectFrom('sites')
        .select((eb) => eb.fn.coalesce(eb.fn.sum<number>('active_devices'), eb.lit(0)).as('count'))
        .where(matchingSites(filter.site ?? {}))
    : selectMatching(db, filter).select((eb) => eb.fn.countAll<number>().as('count'))
  const { count } = await counted.executeTakeFirstOrThrow()
  return count
}

export async function summariesOf(
  db: Kysely<Database>,
  groupBy: 'country' | 'site',
  ids: readonly number[],
): Promise<Map<number, Summary>> {
  const place = groupBy === 'site' ? 'devices.site_id' : 'sites.country_id'
  const rows = await db
    .selectFrom('sites')
    // SQLite keeps the order of a cross join: from the few sites to their devices.
    .crossJoin('devices')
    .select([`${place} as id`, 'devices.last_outcome as outcome'])
    .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.min('devices.last_probed_at').as('oldest')])
    .whereRef('devices.site_id', '=', 'sites.id')
    .where(groupBy === 'site' ? 'sites.id' : 'sites.country_id', 'in', jsonList(ids))
    .where('devices.lifecycle', '=', 'ACTIVE')
    .groupBy([place, 'devices.last_outcome'])
    .execute()
  const counts = Map.groupBy(rows, ({ id }) => id)
  return new Map(ids.map((id) => [id, summarize(counts.get(id) ?? [])]))
}

export async function summaryOf(db: Kysely<Database>, filter: DeviceFilter): Promise<Summary> {
  const outcome = sql.ref('devices.last_outcome')
  const rows = await selectMatching(db, filter)
    .select('devices.last_outcome as outcome')
    .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.min('devices.last_probed_at').as('oldest')])
    .where(sql<boolean>`${unindexed(sql.ref('devices.lifecycle'))} = 'ACTIVE'`)
    // The plus makes SQLite sort the matches, rather than scan an index of all devices.
    .groupBy(usesOutcomeIndex(filter) ? outcome : unindexed(outcome))
    .execute()
  return summarize(rows)
}

export function summarize(counts: readonly OutcomeCount[]): Summary {
  const countOf = (outcome: ProbeOutcome | null) => counts.find((one) => one.outcome === outcome)?.count ?? 0
  const times = counts.flatMap(({ oldest }) => oldest ?? [])
  return {
    devices: counts.reduce((sum, { count }) => sum + count, 0),
    supported: countOf('SUPPORTED'),
    unprobed: countOf(null),
    byOutcome: PROBE_OUTCOMES.map((outcome) => ({ outcome, count: countOf(outcome) })).filter(
      ({ count }) => count > 0,
    ),
    oldestProbeAt: times.length > 0 ? Math.min(...times) : null,
  }
}
