import type { Kysely, Transaction } from 'kysely'
import type { HostKeyPolicy } from '../../config/schema.ts'
import { describesDevice, type ProbeOutcome } from '../../netconf/outcome/outcome.ts'
import type { ProbeReport } from '../../netconf/report/probe-report.ts'
import type { Database } from '../tables/database.ts'
import { columnsOf, jsonList, jsonTable } from '../tables/json-values.ts'
import { recordCapabilitySets } from './capability-changes.ts'
import { CapabilitySetWriter, hashOfSet } from './capability-set-writer.ts'
import { recordChanges } from './change-store.ts'
import { recordFacts } from './facts-store.ts'
import { recordHostKeys } from './host-key-store.ts'
import { type ProbedResult, storedDevices, updateProbedDevices } from './probed-devices.ts'

/** The result of one probe of a device. */
export interface ProbeResult {
  /** Null if the probe was made outside of a refresh. */
  refreshId: number | null
  deviceId: number
  /** 1 for the first attempt. */
  attempt: number
  report: ProbeReport
  /** Probes of the device in a row, this one included, that opened no session. */
  failures: number
  /** Epoch milliseconds until which the device is not probed unless forced; null if it is not backed off. */
  backOffUntil: number | null
}

interface NumberedResult extends ProbeResult, ProbedResult {
  seq: number | null
}

/** A result whose capability set is not stored yet. */
type FreshResult = Omit<NumberedResult, 'capabilitySetId'>

/** The results of a refresh so far. */
interface RefreshProgress {
  lastSeq: number
  counts: Partial<Record<ProbeOutcome, number>>
  /** Devices of the batch that already have a result in this refresh. */
  done: Set<number>
}

/** Records the results of probes. */
export interface ResultRecorder {
  /** @see ProbeStore.commitBatch */
  commit(results: readonly ProbeResult[], hostKeys: HostKeyPolicy): Promise<Map<number, number>>
  /**
   * Forgets the row of a capability set. Called in the transaction that deletes it, because from its commit
   * on a result with this set needs a new row.
   */
  forgetSet(id: number): void
}

/** Writes batches of results. The number of statements does not depend on the number of results. */
export class ProbeWriter implements ResultRecorder {
  readonly #db: Kysely<Database>
  readonly #sets = new CapabilitySetWriter()

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  forgetSet(id: number): void {
    this.#sets.forget(id)
  }

  async commit(results: readonly ProbeResult[], hostKeys: HostKeyPolicy): Promise<Map<number, number>> {
    const { setIds, progress } = await this.#db.transaction().execute(async (transaction) => {
      const progress = await progressOf(transaction, results)
      const fresh = number(results, progress, await lastProbeId(transaction))
      const setIds = await this.#sets.idsOf(transaction, setsOf(fresh))
      const numbered = fresh.map((result) => ({ ...result, capabilitySetId: idOfSet(result.report, setIds) }))
      await insertProbes(transaction, numbered)
      const aboutDevices = numbered.filter(({ report }) => describesDevice(report.outcome))
      const stored = await storedDevices(
        transaction,
        numbered.map(({ deviceId }) => deviceId),
      )
      await updateProbedDevices(transaction, aboutDevices)
      await recordChanges(transaction, [
        ...(await recordCapabilitySets(transaction, aboutDevices, stored)),
        ...(await recordFacts(transaction, aboutDevices, stored)),
        ...(await recordHostKeys(transaction, numbered, stored, hostKeys)),
      ])
      await updateCounts(transaction, progress)
      return { setIds, progress }
    })
    this.#sets.remember(setIds)
    return new Map([...progress].map(([refreshId, { lastSeq }]) => [refreshId, lastSeq]))
  }
}

async function progressOf(
  transaction: Transaction<Database>,
  results: readonly ProbeResult[],
): Promise<Map<number, RefreshProgress>> {
  const pairs = results.map(({ refreshId, deviceId }) => ({ refreshId, deviceId }))
  const refreshes = await transaction
    .selectFrom('refreshes')
    .select(['id', 'outcome_counts'])
    .select((eb) =>
      eb
        .selectFrom('probes')
        .select((probe) => probe.fn.max('probes.seq').as('seq'))
        .whereRef('probes.refresh_id', '=', 'refreshes.id')
        .as('lastSeq'),
    )
    .where('id', 'in', jsonList([...new Set(pairs.flatMap(({ refreshId }) => refreshId ?? []))]))
    .execute()
  const progress = new Map<number, RefreshProgress>(
    refreshes.map(({ id, lastSeq, outcome_counts }) => [
      id,
      { lastSeq: lastSeq ?? 0, counts: JSON.parse(outcome_counts), done: new Set() },
    ]),
  )
  const done = await transaction
    .selectFrom(jsonTable('given', { refreshId: 'integer', deviceId: 'integer' }, pairs))
    .innerJoin('probes', (join) =>
      join
        .onRef('probes.refresh_id', '=', 'given.refreshId')
        .onRef('probes.device_id', '=', 'given.deviceId'),
    )
    .select(['given.refreshId', 'given.deviceId'])
    .execute()
  for (const { refreshId, deviceId } of done) {
    if (refreshId !== null) progress.get(refreshId)?.done.add(deviceId)
  }
  return progress
}

async function lastProbeId(transaction: Transaction<Database>): Promise<number> {
  const row = await transaction
    .selectFrom('probes')
    .select((eb) => eb.fn.max<number | null>('probes.id').as('id'))
    .executeTakeFirstOrThrow()
  return row.id ?? 0
}

/**
 * Drops results of devices that already have one in the refresh, numbers the rest, and counts them in
 * `progress`.
 */
function number(
  results: readonly ProbeResult[],
  progress: ReadonlyMap<number, RefreshProgress>,
  lastId: number,
): FreshResult[] {
  const numbered: FreshResult[] = []
  for (const result of results) {
    const ofRefresh = result.refreshId === null ? undefined : progress.get(result.refreshId)
    if (ofRefresh?.done.has(result.deviceId)) continue
    if (ofRefresh) {
      const { outcome } = result.report
      ofRefresh.done.add(result.deviceId)
      ofRefresh.lastSeq += 1
      ofRefresh.counts[outcome] = (ofRefresh.counts[outcome] ?? 0) + 1
    }
    numbered.push({
      ...result,
      probeId: lastId + numbered.length + 1,
      seq: ofRefresh?.lastSeq ?? null,
    })
  }
  return numbered
}

/** Returns the capability sets of the results: URIs by hash. */
function setsOf(results: readonly FreshResult[]): Map<string, readonly string[]> {
  return new Map(
    results.flatMap(({ report: { capabilities } }) =>
      capabilities ? [[hashOfSet(capabilities), capabilities] as const] : [],
    ),
  )
}

function idOfSet({ capabilities }: ProbeReport, ids: ReadonlyMap<string, number>): number | null {
  return (capabilities && ids.get(hashOfSet(capabilities))) ?? null
}

async function insertProbes(
  transaction: Transaction<Database>,
  results: readonly NumberedResult[],
): Promise<void> {
  const rows = results.map(({ report, ...result }) => ({
    id: result.probeId,
    device_id: result.deviceId,
    refresh_id: result.refreshId,
    seq: result.seq,
    outcome: report.outcome,
    phase: report.phase,
    message: report.message,
    started_at: report.startedAt,
    duration_ms: report.durationMs,
    attempt: result.attempt,
    capability_set_id: result.capabilitySetId,
    missing_capabilities: JSON.stringify(report.missing),
    algorithms: report.peer.algorithms && JSON.stringify(report.peer.algorithms),
    notes: report.notes.length === 0 ? null : JSON.stringify(report.notes),
    phases: phasesAsText(report),
  }))
  const kinds = {
    id: 'integer',
    device_id: 'integer',
    refresh_id: 'integer',
    seq: 'integer',
    outcome: 'text',
    phase: 'text',
    message: 'text',
    started_at: 'integer',
    duration_ms: 'real',
    attempt: 'integer',
    capability_set_id: 'integer',
    missing_capabilities: 'text',
    algorithms: 'text',
    notes: 'text',
    phases: 'text',
  } as const
  await transaction
    .insertInto('probes')
    .columns(columnsOf(kinds))
    .expression((eb) => eb.selectFrom(jsonTable('given', kinds, rows)).select(columnsOf(kinds)))
    .execute()
}

/** Tenths of a millisecond are enough, and half as long. */
function phasesAsText({ phases }: ProbeReport): string | null {
  if (phases.length === 0) return null
  const rounded = phases.map(({ phase, durationMs }) => [phase, Math.round(durationMs * 10) / 10])
  return JSON.stringify(Object.fromEntries(rounded))
}

async function updateCounts(
  transaction: Transaction<Database>,
  progress: ReadonlyMap<number, RefreshProgress>,
): Promise<void> {
  const rows = [...progress].map(([id, { counts }]) => ({ id, counts: JSON.stringify(counts) }))
  await transaction
    .updateTable('refreshes')
    .from(jsonTable('given', { id: 'integer', counts: 'text' }, rows))
    .set((eb) => ({ outcome_counts: eb.ref('given.counts') }))
    .whereRef('refreshes.id', '=', 'given.id')
    .execute()
}
