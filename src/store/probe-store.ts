import { type Kysely, sql } from 'kysely'
import type { HostKeyPolicy } from '../config/schema.ts'
import type { ProbeOutcome, ProbePhase } from '../netconf/outcome/outcome.ts'
import type { NegotiatedAlgorithms, PhaseTiming } from '../netconf/report/probe-report.ts'
import { deviceMatches } from './query/device-filter.ts'
import { checkFilterSize, type DeviceFilter } from './query/filters.ts'
import { type Page, type PageRequest, PageSlice } from './query/page.ts'
import type { ProbeResult, ResultRecorder } from './results/probe-writer.ts'
import type { Database } from './tables/database.ts'
import { jsonList, jsonTable } from './tables/json-values.ts'
import { isAmong } from './tables/per-dialect.ts'

export type { ProbeResult } from './results/probe-writer.ts'

/** One finished probe. */
export interface ProbeRow {
  id: number
  deviceId: number
  /** Null if the probe was made outside of a refresh, as is `seq`. */
  refreshId: number | null
  /** 1, 2, 3 … within the refresh, in the order in which its probes ended. */
  seq: number | null
  outcome: ProbeOutcome
  phase: ProbePhase
  message: string | null
  /** Epoch milliseconds. */
  startedAt: number
  durationMs: number
  attempt: number
  /** Null if the key exchange did not get so far. */
  algorithms: NegotiatedAlgorithms | null
  /** Remarks that do not change the outcome, one sentence each. */
  notes: string[]
  /** How long each phase took, in their order; empty for probes of older versions. */
  phases: PhaseTiming[]
}

type Outcomes = readonly ProbeOutcome[] | null | undefined

const PART_COLUMNS = {
  deviceId: 'probes.device_id as deviceId',
  refreshId: 'probes.refresh_id as refreshId',
  outcome: 'probes.outcome',
  phase: 'probes.phase',
  message: 'probes.message',
  startedAt: 'probes.started_at as startedAt',
  durationMs: 'probes.duration_ms as durationMs',
  attempt: 'probes.attempt',
} as const

/** A column that is read on request only. */
export type ProbeColumn = keyof typeof PART_COLUMNS

/** A probe with only some of its columns. */
export type ProbePart = Pick<ProbeRow, 'id'> & Partial<Pick<ProbeRow, ProbeColumn>>

const PROBE_COLUMNS = [
  'probes.id',
  'probes.seq',
  'probes.algorithms',
  'probes.notes',
  'probes.phases',
  ...Object.values(PART_COLUMNS),
] as const

const NEWEST_FIRST = {
  name: 'probes of a device',
  direction: 'DESC',
  keys: [sql.ref('probes.id')],
} as const
const AS_THEY_ENDED = {
  name: 'probes of a refresh',
  direction: 'ASC',
  keys: [sql.ref('probes.seq')],
} as const

/** The results of probes: the event log that subscriptions read from. */
export class ProbeStore {
  readonly #db: Kysely<Database>
  readonly #recorder: ResultRecorder

  constructor(db: Kysely<Database>, recorder: ResultRecorder) {
    this.#db = db
    this.#recorder = recorder
  }

  /**
   * Records results, all or nothing. Each gets the next `seq` of its refresh, in the order of the list, and
   * updates its device and its refresh:
   *
   * - A result is dropped if its device already has one in the same refresh.
   * - A CANCELLED or SKIPPED result does not change its device.
   * - A result without facts keeps the facts of its device.
   * - A result without the YANG library keeps the capabilities of its device, if its hello lacks only
   *   modules.
   * - Changed capabilities and facts are added to the change log.
   *
   * The first key that a device proves to hold becomes its trusted key. Another key is stored as the offered
   * one, until the device shows the trusted one again or `HostKeyStore.trust` accepts the offered one.
   *
   * @param options.hostKeys how the keys were checked. With `known-hosts`, a verified key replaces the
   * trusted one; with `off`, another key is ignored
   * @returns the last `seq` of each refresh in the list
   */
  async commitBatch(
    results: readonly ProbeResult[],
    { hostKeys = 'trust-first' }: { hostKeys?: HostKeyPolicy } = {},
  ): Promise<Map<number, number>> {
    return await this.#recorder.commit(results, hostKeys)
  }

  /** Returns rows in any order; an id that does not exist has none. */
  async byIds(ids: readonly number[]): Promise<ProbeRow[]> {
    const rows = await this.#withIds(ids).select(PROBE_COLUMNS).execute()
    return rows.map(toProbe)
  }

  /** Returns the same with these columns only. */
  async partsByIds(ids: readonly number[], columns: readonly ProbeColumn[]): Promise<ProbePart[]> {
    const selection = columns.map((column) => PART_COLUMNS[column])
    return await this.#withIds(ids).select('probes.id').select(selection).execute()
  }

  #withIds(ids: readonly number[]) {
    return this.#db.selectFrom('probes').where('probes.id', 'in', jsonList(ids))
  }

  /**
   * Returns at most `limit` probes after `afterSeq`, by `seq`; with a filter, only those whose devices match
   * it now.
   */
  async ofRefreshAfter(
    refreshId: number,
    afterSeq: number,
    limit: number,
    filter?: DeviceFilter,
  ): Promise<ProbeRow[]> {
    const probes = this.#db
      .selectFrom('probes')
      .select(PROBE_COLUMNS)
      .where('probes.refresh_id', '=', refreshId)
      .where('probes.seq', '>', afterSeq)
      .orderBy('probes.seq')
      .limit(limit)
    if (!filter) return (await probes.execute()).map(toProbe)
    checkFilterSize(filter)
    const matching = await probes
      .innerJoin('devices', 'devices.id', 'probes.device_id')
      .where(deviceMatches(filter))
      .execute()
    return matching.map(toProbe)
  }

  /**
   * Returns the same page of probes, newest first, for each device, by its id; a device without probes has
   * none.
   *
   * @throws RollcallError BAD_USER_INPUT for an invalid request or cursor
   */
  async pagesOfDevices(
    deviceIds: readonly number[],
    page: PageRequest,
  ): Promise<Map<number, Page<ProbeRow>>> {
    const slice = new PageSlice(NEWEST_FIRST, page)
    const joined = this.#db.selectFrom(given(deviceIds)).innerJoin('probes', (join) =>
      // One seek in an index for each device, however many probes it has.
      join.on((eb) => {
        const ofDevice = eb.selectFrom('probes').whereRef('probes.device_id', '=', 'given.id')
        return isAmong(eb.ref('probes.id'), slice.of(ofDevice.select('probes.id')))
      }),
    )
    const rows = await slice.sorted(joined.select(PROBE_COLUMNS).select(slice.position)).execute()
    const ofDevices = Map.groupBy(rows, ({ deviceId }) => deviceId)
    return new Map([...ofDevices].map(([id, found]) => [id, slice.toPage(found, toProbe)]))
  }

  /**
   * Returns the same for refreshes, in the order in which the probes ended. Without `outcomes`, of every
   * outcome.
   *
   * @throws RollcallError BAD_USER_INPUT for an invalid request or cursor
   */
  async pagesOfRefreshes(
    refreshIds: readonly number[],
    { outcomes, page }: { outcomes?: Outcomes; page: PageRequest },
  ): Promise<Map<number, Page<ProbeRow>>> {
    const slice = new PageSlice(AS_THEY_ENDED, page)
    const joined = this.#db.selectFrom(given(refreshIds)).innerJoin('probes', (join) =>
      join.on((eb) => {
        const probeId = eb.ref('probes.id')
        if (!outcomes) {
          const ofRefresh = eb.selectFrom('probes').whereRef('probes.refresh_id', '=', 'given.id')
          return isAmong(probeId, slice.of(ofRefresh.select('probes.id')))
        }
        // One seek for each outcome, which reads no more of its probes than the page can hold.
        const ofOutcomes = eb.selectFrom(wanted(outcomes)).innerJoin('probes', (inner) =>
          inner.on((each) => {
            const ofOutcome = each
              .selectFrom('probes')
              .whereRef('probes.refresh_id', '=', 'given.id')
              .whereRef('probes.outcome', '=', 'wanted.outcome')
            return isAmong(each.ref('probes.id'), slice.of(ofOutcome.select('probes.id')))
          }),
        )
        return isAmong(probeId, slice.of(ofOutcomes.select('probes.id')))
      }),
    )
    const rows = await slice.sorted(joined.select(PROBE_COLUMNS).select(slice.position)).execute()
    const ofRefreshes = Map.groupBy(rows, ({ refreshId }) => refreshId ?? 0)
    return new Map([...ofRefreshes].map(([id, found]) => [id, slice.toPage(found, toProbe)]))
  }

  /** Returns the next probes after this id, at most `limit`, in the order of their ids. */
  async after(id: number, limit: number): Promise<Pick<ProbeRow, 'id' | 'deviceId' | 'outcome'>[]> {
    return await this.#db
      .selectFrom('probes')
      .select(['id', 'device_id as deviceId', 'outcome'])
      .where('id', '>', id)
      .orderBy('id')
      .limit(limit)
      .execute()
  }

  /** Returns the id of the newest probe; 0 if there is none. */
  async lastId(): Promise<number> {
    const { id } = await this.#db
      .selectFrom('probes')
      .select((eb) => eb.fn.max('id').as('id'))
      .executeTakeFirstOrThrow()
    return id ?? 0
  }

  /** Returns the number of probes by device; a device without probes is left out. */
  async countsOfDevices(deviceIds: readonly number[]): Promise<Map<number, number>> {
    const rows = await this.#db
      .selectFrom('probes')
      .select((eb) => ['device_id as deviceId', eb.fn.countAll<number>().as('count')])
      .where('device_id', 'in', jsonList(deviceIds))
      .groupBy('device_id')
      .execute()
    return new Map(rows.map(({ deviceId, count }) => [deviceId, count]))
  }

  /** Returns the same for refreshes. Without `outcomes`, of every outcome. */
  async countsOfRefreshes(refreshIds: readonly number[], outcomes?: Outcomes): Promise<Map<number, number>> {
    let probes = this.#db
      .selectFrom('probes')
      .select((eb) => ['refresh_id as refreshId', eb.fn.countAll<number>().as('count')])
      .where('refresh_id', 'in', jsonList(refreshIds))
      .groupBy('refresh_id')
    if (outcomes) probes = probes.where('outcome', 'in', jsonList(outcomes))
    const rows = await probes.execute()
    return new Map(rows.map(({ refreshId, count }) => [refreshId ?? 0, count]))
  }
}

/** Returns the ids as a table to join with. */
function given(ids: readonly number[]) {
  return jsonTable(
    'given',
    { id: 'integer' },
    ids.map((id) => ({ id })),
  )
}

function wanted(outcomes: readonly ProbeOutcome[]) {
  const rows = [...new Set(outcomes)].map((outcome) => ({ outcome }))
  return jsonTable('wanted', { outcome: 'text' }, rows)
}

type SelectedProbe = Omit<ProbeRow, 'algorithms' | 'notes' | 'phases'> & {
  algorithms: string | null
  notes: string | null
  phases: string | null
}

/** Converts a row; drops the further columns that a page selects. */
function toProbe(row: SelectedProbe): ProbeRow {
  return {
    id: row.id,
    deviceId: row.deviceId,
    refreshId: row.refreshId,
    seq: row.seq,
    outcome: row.outcome,
    phase: row.phase,
    message: row.message,
    startedAt: row.startedAt,
    durationMs: row.durationMs,
    attempt: row.attempt,
    algorithms: row.algorithms === null ? null : JSON.parse(row.algorithms),
    notes: row.notes === null ? [] : JSON.parse(row.notes),
    phases: row.phases === null ? [] : toTimings(JSON.parse(row.phases)),
  }
}

function toTimings(stored: Record<ProbePhase, number>): PhaseTiming[] {
  return Object.entries(stored).map(([phase, durationMs]) => ({ phase: phase as ProbePhase, durationMs }))
}
