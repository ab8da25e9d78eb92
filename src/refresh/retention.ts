import type { Clock } from '../base/clock.ts'
import type { Closable } from '../base/close.ts'
import { RollcallError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { NOTHING_PRUNED, type PrunedRows } from '../store/retention-store.ts'
import type { Store } from '../store/store.ts'
import { Schedule } from './schedule.ts'

const EVERY_MS = 3_600_000
/** Not while the gateway starts: its first refresh does then. */
const FIRST_AFTER_MS = 60_000
/** Rows that one transaction looks at: some 5 ms of the thread that answers queries. */
const PIECE_SIZE = 250
/** Between two of them, so that they take a twentieth of that thread. */
const PAUSE_MS = 100

/**
 * Takes out of the store what is older than is to be kept: a minute after it was created, then every hour. `close` waits
 * for no more than the transaction under way.
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
    /** How long probes are kept, and entries of the change log. */
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
    // The first time, with years of probes to go through, may take longer than an hour.
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  async #run(): Promise<void> {
    const pruned = { ...NOTHING_PRUNED }
    try {
      for await (const piece of this.#pieces()) {
        add(pruned, piece)
        if (!this.#isClosed) await this.#pause()
        if (this.#isClosed) break
      }
    } catch (failure) {
      if (failure instanceof RollcallError) {
        this.#log.warn({ reason: failure.message }, 'old probes and changes could not be removed')
      } else this.#log.error({ err: failure }, 'old probes and changes could not be removed')
    }
    if (Object.values(pruned).some((count) => count > 0)) {
      this.#log.info(pruned, 'old probes and changes removed')
    }
  }

  #pieces(): AsyncGenerator<PrunedRows> {
    const now = this.#clock.now()
    return this.#store.retention.prune({
      probesBefore: now - this.#keep.probesMs,
      changesBefore: now - this.#keep.changesMs,
      limit: PIECE_SIZE,
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

function add(sum: PrunedRows, piece: PrunedRows): void {
  sum.probes += piece.probes
  sum.refreshes += piece.refreshes
  sum.capabilitySets += piece.capabilitySets
  sum.changes += piece.changes
  sum.syncPlans += piece.syncPlans
}
