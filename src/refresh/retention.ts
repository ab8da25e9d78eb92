import type { Clock } from '../base/clock.ts'
import type { Closable } from '../base/close.ts'
import { RollcallError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { NOTHING_PRUNED, type PrunedRows } from '../store/retention-store.ts'
import type { Store } from '../store/store.ts'
import { Schedule } from './schedule.ts'

const EVERY_MS = 3_600_000
/** Leaves the start of the gateway to its first refresh. */
const FIRST_AFTER_MS = 60_000
/** The rows that one transaction examines: it occupies the thread that answers queries for some 5 ms. */
const BATCH_SIZE = 250
/** The pause between two transactions, so that they take a twentieth of that thread. */
const PAUSE_MS = 100

/**
 * Deletes old probes and changes from the store, a minute after it was created and then every hour. `close`
 * waits only for the transaction in progress.
 */
export class Retention implements Closable {
  readonly #store: Store
  readonly #clock: Clock
  readonly #log: Logger
  readonly #keep: { probesMs: number; changesMs: number }
  readonly #schedule: Schedule
  #running: Promise<void> | undefined
  #endPause: (() => void) | undefined
  #isClosed = false

  constructor(options: {
    store: Store
    clock: Clock
    log: Logger
    /** How long probes and entries of the change log are kept. */
    keep: { probesMs: number; changesMs: number }
  }) {
    this.#store = options.store
    this.#clock = options.clock
    this.#log = options.log
    this.#keep = options.keep
    this.#schedule = new Schedule({
      clock: options.clock,
      everyMs: EVERY_MS,
      firstAt: options.clock.now() + FIRST_AFTER_MS,
      run: () => this.#start(),
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#endPause?.()
    await this.#schedule.close()
    await this.#running
  }

  #start(): void {
    // The first run may take longer than an hour, if there are years of probes.
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  async #run(): Promise<void> {
    const pruned = { ...NOTHING_PRUNED }
    try {
      for await (const batch of this.#batches()) {
        add(pruned, batch)
        if (!this.#isClosed) await this.#pause()
        if (this.#isClosed) break
      }
    } catch (failure) {
      if (failure instanceof RollcallError) {
        this.#log.warn(
          { event: 'retention.failed', reason: failure.message },
          'old probes and changes could not be removed',
        )
      } else
        this.#log.error(
          { event: 'retention.failed', err: failure },
          'old probes and changes could not be removed',
        )
    }
    if (Object.values(pruned).some((count) => count > 0)) {
      this.#log.info({ event: 'retention.completed', ...pruned }, 'old probes and changes removed')
    }
  }

  #batches(): AsyncGenerator<PrunedRows> {
    const now = this.#clock.now()
    return this.#store.retention.prune({
      probesBefore: now - this.#keep.probesMs,
      changesBefore: now - this.#keep.changesMs,
      limit: BATCH_SIZE,
    })
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(PAUSE_MS, resolve)
      this.#endPause = () => {
        cancel()
        resolve()
      }
    })
  }
}

function add(sum: PrunedRows, batch: PrunedRows): void {
  sum.probes += batch.probes
  sum.refreshes += batch.refreshes
  sum.capabilitySets += batch.capabilitySets
  sum.changes += batch.changes
  sum.syncPlans += batch.syncPlans
  sum.plannedChanges += batch.plannedChanges
}
