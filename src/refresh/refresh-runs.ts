import type { TraceParent } from '../base/tracing.ts'
import type { RefreshRow } from '../store/refresh-store.ts'
import { RefreshRun } from './refresh-run.ts'
import { endRefreshSpan, startRefreshSpan } from './refresh-spans.ts'
import type { RunContext } from './run-context.ts'

/** The refreshes that this process runs, each from its row until its end is announced. */
export class RefreshRuns {
  #context: RunContext
  readonly #runs = new Map<number, RefreshRun>()
  /** A time of `Clock.elapsed`. */
  #cycleCompletedAt: number | null = null

  constructor(context: RunContext) {
    this.#context = context
  }

  /** Gives refreshes that start from now on another context. */
  use(context: RunContext): void {
    this.#context = context
  }

  /** The milliseconds since this process last completed a refresh of everything; null before the first. */
  get sinceCycleMs(): number | null {
    return this.#cycleCompletedAt === null ? null : this.#context.clock.elapsed() - this.#cycleCompletedAt
  }

  get size(): number {
    return this.#runs.size
  }

  get(id: number): RefreshRun | undefined {
    return this.#runs.get(id)
  }

  /** Returns the running refreshes. */
  all(): RefreshRun[] {
    return [...this.#runs.values()]
  }

  /**
   * Returns the first running refresh that can still serve requests and for which `isWhatIsAsked` is true.
   */
  find(matches: (row: RefreshRow) => boolean): RefreshRow | undefined {
    for (const run of this.#runs.values()) if (run.takesRequests && matches(run.row)) return run.row
    return undefined
  }

  /**
   * Starts to run the refresh, and returns its row.
   *
   * @param traceParent the span that it belongs to. Default: that of this call, if any
   */
  start(row: RefreshRow, traceParent?: TraceParent): RefreshRow {
    const { clock, events, log, activity } = this.#context
    const span = startRefreshSpan(row, traceParent)
    const run = new RefreshRun(row, this.#context, span?.isRecorded ? span.traceParent : undefined)
    this.#runs.set(row.id, run)
    log.info({ event: 'refresh.started', refreshId: row.id, trigger: row.trigger }, 'refresh started')
    void run.ended.then((ended) => {
      // A listener to the announcement must not find the refresh running.
      this.#runs.delete(row.id)
      if (span) endRefreshSpan(span, ended)
      if (ended.state === 'COMPLETED' && isCycle(ended)) this.#cycleCompletedAt = clock.elapsed()
      events.announce({ kind: 'state', refresh: ended, isLast: true })
      const { state, total, outcomeCounts, error } = ended
      const durationMs = clock.now() - row.createdAt
      activity.refreshEnded(ended, durationMs)
      log.info(
        { event: 'refresh.ended', refreshId: row.id, state, total, outcomeCounts, error, durationMs },
        'refresh ended',
      )
    })
    return row
  }

  skipSuspended(credential: string): void {
    for (const run of this.#runs.values()) run.skipSuspended(credential)
  }

  /** Announces the state of each refresh again. */
  announceStates(): void {
    for (const { row: refresh } of this.#runs.values())
      this.#context.events.announce({ kind: 'state', refresh, isLast: false })
  }

  /** Ends all refreshes as INTERRUPTED: probes in flight get `graceMs` to finish. */
  async interrupt(graceMs: number): Promise<void> {
    const runs = [...this.#runs.values()]
    for (const run of runs) run.interrupt(graceMs)
    await Promise.all(runs.map((run) => run.ended))
  }
}

/** Returns whether a refresh fetches the inventory and probes every device. */
export function isCycle({ sync, scope }: RefreshRow): boolean {
  return sync && Object.values(scope).every((ids) => ids.length === 0)
}
