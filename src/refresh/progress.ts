import type { ProbeOutcome } from '../netconf/outcome/outcome.ts'
import type { RefreshRow, RefreshState } from '../store/refresh-store.ts'

/** The progress of a refresh. */
export interface RefreshProgress {
  refreshId: number
  state: RefreshState
  total: number
  done: number
  inFlight: number
  byOutcome: Partial<Record<ProbeOutcome, number>>
  elapsedMs: number
  /**
   * An estimate of the time left. It is never less than the time since the last result, since the last
   * devices are often those that do not answer. Null before there is a rate, and once the refresh has ended.
   */
  etaMs: number | null
  /** The rate of the last seconds while the refresh runs, the average once it has ended. */
  probesPerSecond: number
  /** One sentence on what the refresh waits for at present; null if nothing pauses it. */
  pausedBecause: string | null
}

/** The counts that only the process knows that runs the refresh. */
export interface LiveCounts {
  inFlight: number
  /** The rate of results that this process has committed; null before its first probe. */
  rate: Pick<RateMeter, 'perSecond' | 'sinceLastMs'> | null
  pausedBecause: string | null
}

const ENDED: ReadonlySet<RefreshState> = new Set(['COMPLETED', 'CANCELLED', 'FAILED'])

/** Returns whether the refresh is over. An INTERRUPTED one is not: it continues at the next start. */
export function hasEnded(state: RefreshState): boolean {
  return ENDED.has(state)
}

/** Returns the number of results of a refresh, which is the sequence number of the last one. */
export function doneOf({ outcomeCounts }: Pick<RefreshRow, 'outcomeCounts'>): number {
  return Object.values(outcomeCounts).reduce((sum, count) => sum + count, 0)
}

export function progressOf(row: RefreshRow, live: LiveCounts | undefined, now: number): RefreshProgress {
  const done = doneOf(row)
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
        ? Math.max(((row.total - done) / probesPerSecond) * 1000, live?.rate?.sinceLastMs(now) ?? 0)
        : null,
    probesPerSecond,
    pausedBecause: live?.pausedBecause ?? null,
  }
}

/**
 * The time that a rate covers: long enough to be steady, short enough to drop to 0 soon after the last
 * result.
 */
const WINDOW_MS = 5_000

/**
 * Measures how many events per second happened lately. Times are epoch milliseconds; if they go back, it
 * starts over.
 */
export class RateMeter {
  #startedAt: number
  #counts: { at: number; count: number }[] = []

  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  add(count: number, at: number): void {
    this.#advance(at)
    this.#dropBefore(at - WINDOW_MS)
    this.#counts.push({ at, count })
  }

  perSecond(now: number): number {
    this.#advance(now)
    this.#dropBefore(now - WINDOW_MS)
    const windowMs = Math.min(WINDOW_MS, now - this.#startedAt)
    const count = this.#counts.reduce((sum, each) => sum + each.count, 0)
    return windowMs > 0 ? (count / windowMs) * 1000 : 0
  }

  /** Returns the milliseconds since the last event; 0 if there is none. */
  sinceLastMs(now: number): number {
    this.#advance(now)
    return now - (this.#counts.at(-1)?.at ?? now)
  }

  #advance(now: number): void {
    if (now >= (this.#counts.at(-1)?.at ?? this.#startedAt)) return
    this.#counts = []
    this.#startedAt = now
  }

  #dropBefore(at: number): void {
    const kept = this.#counts.findIndex((each) => each.at >= at)
    this.#counts = kept === -1 ? [] : this.#counts.slice(kept)
  }
}
