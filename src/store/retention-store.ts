import type { Kysely, Transaction } from 'kysely'
import type { RefreshStore } from './refresh-store.ts'
import type { ResultRecorder } from './results/probe-writer.ts'
import { pruneCapabilitySet, prunePlannedChanges, pruneProbes, pruneRefresh } from './retention/pruning.ts'
import type { Database } from './tables/database.ts'

export interface RetentionLimits {
  /** Epoch milliseconds; deletes probes that began earlier, and refreshes without a probe left. */
  probesBefore: number
  /** Epoch milliseconds; deletes older sync plans and entries of the change log. */
  changesBefore: number
  /** The most rows that one transaction checks: other statements wait until it ends. */
  limit: number
}

/** The numbers of deleted rows; targets and members of capability sets are not counted. */
export interface PrunedRows {
  probes: number
  refreshes: number
  capabilitySets: number
  changes: number
  syncPlans: number
  plannedChanges: number
}

export const NOTHING_PRUNED: Readonly<PrunedRows> = {
  probes: 0,
  refreshes: 0,
  capabilitySets: 0,
  changes: 0,
  syncPlans: 0,
  plannedChanges: 0,
}

/**
 * Deletes old rows. The file does not get smaller: new rows fill the free pages within the hour. To shrink
 * it, SQLite would have to move pages for as long, and would first have to rewrite a file that was not
 * created for it.
 */
export class RetentionStore {
  readonly #db: Kysely<Database>
  readonly #recorder: ResultRecorder
  readonly #refreshes: RefreshStore

  constructor(
    db: Kysely<Database>,
    { recorder, refreshes }: { recorder: ResultRecorder; refreshes: RefreshStore },
  ) {
    this.#db = db
    this.#recorder = recorder
    this.#refreshes = refreshes
  }

  /**
   * Deletes what is older than the limits, in one short transaction per step. The caller decides how long to
   * wait between steps, and may stop at any time.
   *
   * Kept at any age:
   *
   * - the last probe of each device
   * - refreshes that have not ended, with their probes
   * - the last cycle, the last COMPLETED cycle and the last COMPLETED refresh
   * - sync plans that await approval
   * - capability sets that a device or a probe uses
   */
  async *prune({ probesBefore, changesBefore, limit }: RetentionLimits): AsyncGenerator<PrunedRows> {
    yield* this.#pruneProbes(probesBefore, limit)
    yield* this.#pruneRefreshes(probesBefore, limit)
    yield* this.#pruneCapabilitySets(limit)
    yield* this.#pruneChanges(changesBefore, limit)
    yield* this.#pruneSyncPlans(changesBefore, limit)
    yield* this.#prunePlannedChanges(limit)
  }

  async *#pruneProbes(before: number, limit: number): AsyncGenerator<PrunedRows> {
    for (let afterId = 0; ; ) {
      const batch = await this.#write((transaction) => pruneProbes(transaction, { afterId, before, limit }))
      if (batch === null) return
      afterId = batch.lastId
      yield { ...NOTHING_PRUNED, probes: batch.probes }
    }
  }

  async *#pruneRefreshes(before: number, limit: number): AsyncGenerator<PrunedRows> {
    const last = [
      await this.#refreshes.lastCycle(),
      await this.#refreshes.lastCycle('COMPLETED'),
      await this.#refreshes.lastCompleted(),
    ]
    const kept = last.flatMap((refresh) => refresh?.id ?? [])
    for (;;) {
      const refreshes = await this.#write((transaction) => pruneRefresh(transaction, { before, kept, limit }))
      if (refreshes === null) return
      yield { ...NOTHING_PRUNED, refreshes }
    }
  }

  async *#pruneCapabilitySets(limit: number): AsyncGenerator<PrunedRows> {
    for (let afterId = 0; ; ) {
      const batch = await this.#write(async (transaction) => {
        const found = await pruneCapabilitySet(transaction, { afterId, limit })
        if (found?.goneId) this.#recorder.forgetSet(found.goneId)
        return found
      })
      if (batch === null) return
      afterId = batch.afterId
      yield { ...NOTHING_PRUNED, capabilitySets: batch.isDeleted ? 1 : 0 }
    }
  }

  async *#pruneChanges(before: number, limit: number): AsyncGenerator<PrunedRows> {
    for (;;) {
      const { numDeletedRows } = await this.#db
        .deleteFrom('changes')
        .where('id', 'in', (eb) =>
          eb.selectFrom('changes').select('id').where('at', '<', before).orderBy('at').limit(limit),
        )
        .executeTakeFirstOrThrow()
      if (numDeletedRows === 0n) return
      yield { ...NOTHING_PRUNED, changes: Number(numDeletedRows) }
    }
  }

  async *#pruneSyncPlans(before: number, limit: number): AsyncGenerator<PrunedRows> {
    for (;;) {
      const { numDeletedRows } = await this.#db
        .deleteFrom('sync_plans')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('sync_plans')
            .select('id')
            .where('planned_at', '<', before)
            .where('state', '!=', 'AWAITING_APPROVAL')
            .orderBy('planned_at')
            .limit(limit),
        )
        .executeTakeFirstOrThrow()
      if (numDeletedRows === 0n) return
      yield { ...NOTHING_PRUNED, syncPlans: Number(numDeletedRows) }
    }
  }

  async *#prunePlannedChanges(limit: number): AsyncGenerator<PrunedRows> {
    for (;;) {
      const plannedChanges = await this.#write((transaction) => prunePlannedChanges(transaction, limit))
      if (plannedChanges === null) return
      yield { ...NOTHING_PRUNED, plannedChanges }
    }
  }

  async #write<T>(work: (transaction: Transaction<Database>) => Promise<T>): Promise<T> {
    return await this.#db.transaction().execute(work)
  }
}
