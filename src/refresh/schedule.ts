import type { Clock } from '../base/clock.ts'
import type { Closable } from '../base/close.ts'

/** A timer may end a little before the clock says so. */
const EARLY_MS = 1_000

/**
 * Calls `run` at a fixed pace. The times are reckoned from the first, so that a slow run does not shift them, and what
 * was missed, because Rollcall did not run or the machine slept, is caught up once. Where the clock is set back, the times
 * are reckoned anew, so that no run is further off than the pace says.
 */
export class Schedule implements Closable {
  readonly #clock: Clock
  readonly #everyMs: number
  readonly #run: () => void
  #cancelTimer: (() => void) | undefined
  #nextAt: number

  /** `firstAt` is epoch milliseconds, at most `everyMs` from now; where it is over, the first run comes at once. */
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

  /** The first time in the schedule that is not before `at`; both are epoch milliseconds. */
  nextFrom(at: number): number {
    return scheduledFrom(at, { nextAt: this.#nextAt, everyMs: this.#everyMs })
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

/** The first time that is not before `at`, of those that are `everyMs` apart and begin at `nextAt`. */
export function scheduledFrom(at: number, { nextAt, everyMs }: { nextAt: number; everyMs: number }): number {
  return nextAt + Math.max(0, Math.ceil((at - nextAt) / everyMs)) * everyMs
}
