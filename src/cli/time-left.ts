import { formatDuration } from '../base/durations.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS

/** The first estimates come from a few results, and are not shown. */
const SETTLING_MS = 3 * SECOND_MS

/** Most of a change of the estimate shows within a share of the time left, and within this time at most. */
const SMOOTHING_SHARE = 1 / 4
const MAX_SMOOTHING_MS = 5 * SECOND_MS

/**
 * Smooths the estimates of the time that is left. Each comes from the rate of the last seconds, so that they
 * go up and down with it, and a person could not read them.
 */
export class TimeLeft {
  #startedAt: number | undefined
  #leftMs = 0
  #at = 0

  /** Adds the present estimate; null if there is none. Returns the time to show; null for nothing yet. */
  next(estimateMs: number | null, now: number): number | null {
    if (estimateMs === null) return null
    this.#startedAt ??= now
    const isSettled = now - this.#startedAt > SETTLING_MS
    const elapsedMs = Math.max(0, now - this.#at)
    const expectedMs = atLeastOneSecond(this.#leftMs - elapsedMs)
    const smoothingMs = Math.min(MAX_SMOOTHING_MS, expectedMs * SMOOTHING_SHARE)
    const kept = isSettled ? Math.exp(-elapsedMs / smoothingMs) : 0
    // A geometric mean: an arithmetic one would follow a single large estimate among small ones.
    this.#leftMs = expectedMs ** kept * atLeastOneSecond(estimateMs) ** (1 - kept)
    this.#at = now
    return now - this.#startedAt >= SETTLING_MS ? this.#leftMs : null
  }
}

function atLeastOneSecond(durationMs: number): number {
  return Math.max(SECOND_MS, durationMs)
}

/** Formats the time left, no more precisely than it is known: `7 s`, `25 s`, `3 min`, `1 h 20 min`. */
export function roughDuration(durationMs: number): string {
  const step =
    durationMs < 20 * SECOND_MS ? SECOND_MS : durationMs < 90 * SECOND_MS ? 5 * SECOND_MS : MINUTE_MS
  return formatDuration(atLeastOneSecond(Math.round(durationMs / step) * step))
}
