import type { Clock } from '../base/clock.ts'
import type { Closable } from '../base/close.ts'

/** Calls `run` at a fixed pace: the times are reckoned from the start, so that a slow run does not shift them. */
export class Schedule implements Closable {
  readonly #clock: Clock
  readonly #everyMs: number
  readonly #run: () => void
  #cancelTimer: (() => void) | undefined
  #nextAt: number

  constructor(options: { clock: Clock; everyMs: number; run: () => void }) {
    this.#clock = options.clock
    this.#everyMs = options.everyMs
    this.#run = options.run
    this.#nextAt = this.#clock.now() + this.#everyMs
    this.#arm()
  }

  /** Epoch milliseconds of the next run. */
  get nextAt(): number {
    return this.#nextAt
  }

  async close(): Promise<void> {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #arm(): void {
    this.#cancelTimer = this.#clock.after(Math.max(0, this.#nextAt - this.#clock.now()), () => {
      // A machine that slept through several runs gets one, not all of them.
      const missed = Math.floor((this.#clock.now() - this.#nextAt) / this.#everyMs)
      this.#nextAt += (Math.max(0, missed) + 1) * this.#everyMs
      this.#arm()
      this.#run()
    })
  }
}
