import type { ProbeOutcome } from '../netconf/protocol/outcome.ts'
import type { RefreshRow, RefreshState } from '../store/refresh-store.ts'

/** How far a refresh has come. */
export interface RefreshProgress {
  refreshId: number
  state: RefreshState
  total: number
  done: number
  inFlight: number
  byOutcome: Partial<Record<ProbeOutcome, number>>
  elapsedMs: number
  /**
   * Estimate of the time left, and never less than the time since the last result: what is left at the end are devices
   * that do not answer. Null before there is a rate to judge from, and once the refresh has ended.
   */
  etaMs: number | null
  /** Of the last seconds while the refresh goes on, on average once it has ended. */
  probesPerSecond: number
  /** One sentence on what keeps the refresh waiting at present; null where it goes on. */
  pausedBecause: string | null
}

/** What only the process that runs the refresh knows. */
export interface LiveCounts {
  inFlight: number
  /** Of the results that this process has committed; null before its first probe. */
  rate: RateMeter | null
  pausedBecause: string | null
}

const ENDED: ReadonlySet<RefreshState> = new Set(['COMPLETED', 'CANCELLED', 'FAILED'])

/** Whether nothing more will come of the refresh; an INTERRUPTED one goes on at the next start. */
export function hasEnded(state: RefreshState): boolean {
  return ENDED.has(state)
}

export function progressOf(row: RefreshRow, live: LiveCounts | undefined, now: number): RefreshProgress {
  const done = Object.values(row.outcomeCounts).reduce((sum, count) => sum + count, 0)
  const elapsedMs = row.startedAt === null ? 0 : Math.max(0, (row.finishedAt ?? now) - row.startedAt)
  const average = elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0
  const probesPerSecond = (row.finishedAt === null ? live?.rate?.perSecond(now) : undefined) ?? average
  return {
    refreshId: row.id,
    state: row.state,
    total: row.total,
    done,
    inFlight: live?.inFlight ?? 0,
    byOutcome: row.outcomeCounts,
    elapsedMs,
    etaMs:
      row.state === 'PROBING' && probesPerSecond > 0
        ? Math.max(((row.total - done) / probesPerSecond) * 1000, live?.rate?.quietMs(now) ?? 0)
        : null,
    probesPerSecond,
    pausedBecause: live?.pausedBecause ?? null,
  }
}

/** How far back a rate looks: long enough to be steady, short enough to tell that nothing comes any more. */
const WINDOW_MS = 5_000

/** How many things per second happened lately. Times are epoch milliseconds; where they go back, it begins anew. */
export class RateMeter {
  #startedAt: number
  #counts: { at: number; count: number }[] = []

  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  add(count: number, at: number): void {
    this.#advance(at)
    this.#forgetBefore(at - WINDOW_MS)
    this.#counts.push({ at, count })
  }

  perSecond(now: number): number {
    this.#advance(now)
    this.#forgetBefore(now - WINDOW_MS)
    const windowMs = Math.min(WINDOW_MS, now - this.#startedAt)
    const count = this.#counts.reduce((sum, each) => sum + each.count, 0)
    return windowMs > 0 ? (count / windowMs) * 1000 : 0
  }

  /** Milliseconds since the last of them; 0 where none is known. */
  quietMs(now: number): number {
    this.#advance(now)
    return now - (this.#counts.at(-1)?.at ?? now)
  }

  #advance(now: number): void {
    if (now >= (this.#counts.at(-1)?.at ?? this.#startedAt)) return
    this.#counts = []
    this.#startedAt = now
  }

  #forgetBefore(at: number): void {
    const kept = this.#counts.findIndex((each) => each.at >= at)
    this.#counts = kept === -1 ? [] : this.#counts.slice(kept)
  }
}
