import type { Kysely, Transaction } from 'kysely'
import type { RefreshStore } from './refresh-store.ts'
import type { CapabilitySetWriter } from './results/capability-set-writer.ts'
import { pruneCapabilitySet } from './retention/capability-set-pruning.ts'
import { pruneProbes } from './retention/probe-pruning.ts'
import { pruneRefresh } from './retention/refresh-pruning.ts'
import type { Database } from './tables/database.ts'

export interface RetentionLimits {
  /** Epoch milliseconds; probes that began earlier go, and refreshes once none of their probes is left. */
  probesBefore: number
  /** Epoch milliseconds; entries of the change log and sync plans that are older go. */
  changesBefore: number
  /** How many rows one transaction looks at, at most: those after it wait for it, as does everybody who asks for anything. */
  limit: number
}

/** How many rows were taken out; targets and members of capability sets are not counted. */
export interface PrunedRows {
  probes: number
  refreshes: number
  capabilitySets: number
  changes: number
  syncPlans: number
}

export const NOTHING_PRUNED: Readonly<PrunedRows> = {
  probes: 0,
  refreshes: 0,
  capabilitySets: 0,
  changes: 0,
  syncPlans: 0,
}

/**
 * Takes out what is old. The file does not get smaller: what is freed is used for what comes next, which is as much again
 * within the hour. To give it back SQLite would have to move pages to and fro for as long, and a file that was not created
 * for it would have to be written anew first.
 */
export class RetentionStore {
  readonly #db: Kysely<Database>
  readonly #sets: CapabilitySetWriter
  readonly #refreshes: RefreshStore

  constructor(
    db: Kysely<Database>,
    { sets, refreshes }: { sets: CapabilitySetWriter; refreshes: RefreshStore },
  ) {
    this.#db = db
    this.#sets = sets
    this.#refreshes = refreshes
  }

  /**
   * Takes out what is older than the limits, one short transaction each time it is asked for more: whoever asks decides how
   * much room to leave for others in between, and may stop at any time.
   *
   * Kept, however old: the probe that a device says last, all of refreshes that have not ended, the last cycle, the last
   * COMPLETED one and the last COMPLETED refresh, plans that await approval, and capability sets that any of it has.
   */
  async *prune({ probesBefore, changesBefore, limit }: RetentionLimits): AsyncGenerator<PrunedRows> {
    yield* this.#pruneProbes(probesBefore, limit)
    yield* this.#pruneRefreshes(probesBefore, limit)
    yield* this.#pruneCapabilitySets(limit)
    yield* this.#pruneChanges(changesBefore, limit)
    yield* this.#pruneSyncPlans(changesBefore, limit)
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
        // Before anybody else can write: a result with this set needs a new row from now on.
        if (found?.deletedId) this.#sets.forget(found.deletedId)
        return found
      })
      if (batch === null) return
      afterId = batch.lastId
      yield { ...NOTHING_PRUNED, capabilitySets: batch.deletedId === null ? 0 : 1 }
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

  async #write<T>(work: (transaction: Transaction<Database>) => Promise<T>): Promise<T> {
    return await this.#db.transaction().execute(work)
  }
}
