import type { ProbeOutcome } from '../netconf/protocol/outcome.ts'
import type { RefreshRow, RefreshState } from '../store/refresh-store.ts'
import type { RateMeter } from './rate-meter.ts'

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
