import type { Clock } from '../base/clock.ts'
import type { Closable } from '../base/close.ts'

/** A timer may fire slightly before its time on the clock. */
const EARLY_MS = 1_000

/**
 * Calls `run` at a fixed interval. The times are computed from the first one, so a slow run does not shift
 * them. Runs that were missed, because Rollcall did not run or the machine slept, are made up for by a single
 * run. If the clock is set back, the times are computed anew, so that the next run is never further away than
 * one interval.
 */
export class Schedule implements Closable {
  readonly #clock: Clock
  #everyMs: number
  readonly #run: () => void
  #cancelTimer: (() => void) | undefined
  #nextAt: number

  /**
   * `firstAt` is epoch milliseconds, at most `everyMs` from now. If it has passed, the first run comes at
   * once.
   */
  constructor(options: { clock: Clock; everyMs: number; firstAt: number; run: () => void }) {
    this.#clock = options.clock
    this.#everyMs = options.everyMs
    this.#run = options.run
    this.#nextAt = options.firstAt
    this.#arm()
  }

  /** Epoch milliseconds of the next run. */
  get nextAt(): number {
    return this.#nextAt
  }

  /** Returns the first time of the schedule that is not before `at`; both are epoch milliseconds. */
  nextFrom(at: number): number {
    return scheduledFrom(at, { nextAt: this.#nextAt, everyMs: this.#everyMs })
  }

  /** Changes the interval. The next run comes that long after the last one, or now if that has passed. */
  change(everyMs: number): void {
    if (everyMs === this.#everyMs || this.#cancelTimer === undefined) return
    this.#nextAt = Math.max(this.#clock.now(), this.#nextAt - this.#everyMs + everyMs)
    this.#everyMs = everyMs
    this.#cancelTimer()
    this.#arm()
  }

  async close(): Promise<void> {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #arm(): void {
    const now = this.#clock.now()
    if (this.#nextAt > now + this.#everyMs + EARLY_MS) this.#nextAt = now + this.#everyMs
    this.#cancelTimer = this.#clock.after(Math.max(0, this.#nextAt - now), () => {
      const missed = Math.floor((this.#clock.now() - this.#nextAt) / this.#everyMs)
      this.#nextAt += (Math.max(0, missed) + 1) * this.#everyMs
      this.#arm()
      this.#run()
    })
  }
}

/** Returns the first time not before `at`, of the times that start at `nextAt` and are `everyMs` apart. */
export function scheduledFrom(at: number, { nextAt, everyMs }: { nextAt: number; everyMs: number }): number {
  return nextAt + Math.max(0, Math.ceil((at - nextAt) / everyMs)) * everyMs
}
