import type { RefreshRow } from '../store/refresh-store.ts'
import { RefreshRun } from './refresh-run.ts'
import type { RunContext } from './run-context.ts'

/** The refreshes that this process is working on, each from its row to its announced end. */
export class RefreshRuns {
  readonly #context: RunContext
  readonly #runs = new Map<number, RefreshRun>()
  /** By `Clock.elapsed`. */
  #cycleCompletedAt: number | null = null

  constructor(context: RunContext) {
    this.#context = context
  }

  /** How long ago the last refresh of everything was completed by this process; null if none was yet. */
  get sinceCycleMs(): number | null {
    return this.#cycleCompletedAt === null ? null : this.#context.clock.elapsed() - this.#cycleCompletedAt
  }

  get size(): number {
    return this.#runs.size
  }

  get(id: number): RefreshRun | undefined {
    return this.#runs.get(id)
  }

  /** Those under way. */
  all(): RefreshRun[] {
    return [...this.#runs.values()]
  }

  /** The first one of which what is asked for now can still be had. */
  find(isWhatIsAsked: (row: RefreshRow) => boolean): RefreshRow | undefined {
    for (const run of this.#runs.values()) if (run.takesRequests && isWhatIsAsked(run.row)) return run.row
    return undefined
  }

  /** Works on the refresh from now on; gives back its row. */
  start(row: RefreshRow): RefreshRow {
    const { clock, events, log } = this.#context
    const run = new RefreshRun(row, this.#context)
    this.#runs.set(row.id, run)
    log.info({ refreshId: row.id, trigger: row.trigger }, 'refresh started')
    void run.ended.then((ended) => {
      // Whoever hears of the end must not find the refresh running.
      this.#runs.delete(row.id)
      if (ended.state === 'COMPLETED' && isCycle(ended)) this.#cycleCompletedAt = clock.elapsed()
      events.announce({ kind: 'state', refresh: ended })
      const { state, total, outcomeCounts, error } = ended
      const durationMs = clock.now() - row.createdAt
      log.info({ refreshId: row.id, state, total, outcomeCounts, error, durationMs }, 'refresh ended')
    })
    return row
  }

  skipSuspended(credential: string): void {
    for (const run of this.#runs.values()) run.skipSuspended(credential)
  }

  /** Tells again how each one stands. */
  announceStates(): void {
    for (const run of this.#runs.values()) this.#context.events.announce({ kind: 'state', refresh: run.row })
  }

  /** Ends all as INTERRUPTED: probes in flight may end by themselves for `graceMs`. */
  async interrupt(graceMs: number): Promise<void> {
    const runs = [...this.#runs.values()]
    for (const run of runs) run.interrupt(graceMs)
    await Promise.all(runs.map((run) => run.ended))
  }
}

/** Whether it fetches the inventory and probes every device. */
function isCycle({ sync, scope }: RefreshRow): boolean {
  return sync && Object.values(scope).every((ids) => ids.length === 0)
}
