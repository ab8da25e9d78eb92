import { type Kysely, sql } from 'kysely'
import type { HostKeyPolicy } from '../config/schema.ts'
import type { ProbeOutcome, ProbePhase } from '../netconf/outcome.ts'
import type { NegotiatedAlgorithms } from '../netconf/probe-report.ts'
import type { CapabilitySetWriter } from './capability-set-writer.ts'
import type { Database } from './database.ts'
import { deviceMatches } from './device-filter.ts'
import { checkFilterSize } from './filter-logic.ts'
import type { DeviceFilter } from './filters.ts'
import { jsonList } from './json-values.ts'
import { fetchPage, type Page, type PageRequest } from './page.ts'
import { type ProbeResult, ProbeWriter } from './probe-writer.ts'

export type { ProbeResult } from './probe-writer.ts'

/** One probe as it ended. */
export interface ProbeRow {
  id: number
  deviceId: number
  /** Null where the probe was made outside of a refresh, as is `seq`. */
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
  /** Null where the key exchange did not come so far. */
  algorithms: NegotiatedAlgorithms | null
}

/** The probes of a device, or of a refresh: of every outcome where none is named. */
type ProbeSelection =
  | { deviceId: number }
  | { refreshId: number; outcomes?: readonly ProbeOutcome[] | null | undefined }

const PROBE_COLUMNS = [
  'probes.id',
  'probes.device_id as deviceId',
  'probes.refresh_id as refreshId',
  'probes.seq',
  'probes.outcome',
  'probes.phase',
  'probes.message',
  'probes.started_at as startedAt',
  'probes.duration_ms as durationMs',
  'probes.attempt',
  'probes.algorithms',
] as const

/** The results of probes: the event log that subscriptions read from. */
export class ProbeStore {
  readonly #db: Kysely<Database>
  readonly #writer: ProbeWriter

  constructor(db: Kysely<Database>, sets: CapabilitySetWriter) {
    this.#db = db
    this.#writer = new ProbeWriter(db, sets)
  }

  /**
   * Records results, all or none: gives each the next `seq` of its refresh, in the order of the list, and makes the
   * devices and the refreshes say what the results say. A result for a device that already has one in the same
   * refresh is left out. A CANCELLED or SKIPPED result says nothing of its device. Facts are kept where a result has none.
   * So are capabilities where the YANG library was not told this time, and what the hello lacks are modules. Other
   * capabilities and facts than before go into the change log.
   *
   * `hostKeys` is how the keys were checked. The first key that a device has shown to hold is what it is known by;
   * another one is kept beside it as the offered one, until the device shows the first again or `HostKeyStore.trust`
   * is told of it. With `known-hosts` the key that was verified takes its place, with `off` another one is let pass.
   *
   * @returns the last `seq` of each refresh in the list
   */
  async commitBatch(
    results: readonly ProbeResult[],
    { hostKeys = 'trust-first' }: { hostKeys?: HostKeyPolicy } = {},
  ): Promise<Map<number, number>> {
    return await this.#writer.commit(results, hostKeys)
  }

  /** In any order; an id that does not exist has no row. */
  async byIds(ids: readonly number[]): Promise<ProbeRow[]> {
    const rows = await this.#db
      .selectFrom('probes')
      .select(PROBE_COLUMNS)
      .where('probes.id', 'in', jsonList(ids))
      .execute()
    return rows.map(toProbe)
  }

  /** By `seq`, at most `limit`; 0 is before the first. With a filter only the probes of devices that match it now. */
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
   * The probes of one device, newest first.
   *
   * @throws RollcallError BAD_USER_INPUT for a request or a cursor that makes no sense.
   */
  async pageOfDevices(options: { deviceId: number; page: PageRequest }): Promise<Page<ProbeRow>> {
    const order = { name: 'probes of a device', direction: 'DESC', keys: [sql.ref('probes.id')] } as const
    return await fetchPage(this.#selected(options), order, options.page, toProbe)
  }

  /**
   * The probes of one refresh in the order in which they ended.
   *
   * @throws RollcallError BAD_USER_INPUT for a request or a cursor that makes no sense.
   */
  async pageOfRefresh(options: {
    refreshId: number
    outcomes?: readonly ProbeOutcome[] | null | undefined
    page: PageRequest
  }): Promise<Page<ProbeRow>> {
    const order = { name: 'probes of a refresh', direction: 'ASC', keys: [sql.ref('probes.seq')] } as const
    return await fetchPage(this.#selected(options), order, options.page, toProbe)
  }

  async count(selection: ProbeSelection): Promise<number> {
    const { count } = await this.#selected(selection)
      .clearSelect()
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return count
  }

  #selected(selection: ProbeSelection) {
    const probes = this.#db.selectFrom('probes').select(PROBE_COLUMNS)
    if ('deviceId' in selection) return probes.where('probes.device_id', '=', selection.deviceId)
    const ofRefresh = probes.where('probes.refresh_id', '=', selection.refreshId)
    if (!selection.outcomes) return ofRefresh
    return ofRefresh.where('probes.outcome', 'in', jsonList(selection.outcomes))
  }
}

type SelectedProbe = Omit<ProbeRow, 'algorithms'> & { algorithms: string | null }

/** Also drops what a page selects beside the row. */
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
  }
}
