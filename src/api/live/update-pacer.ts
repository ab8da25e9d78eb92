import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import { ThreadTurns } from '../fairness/thread-turns.ts'

/** Lets one waiter wait until it is woken or a time has passed. */
class WakeUp {
  readonly #clock: Clock
  #end: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  end(): void {
    this.#end?.()
  }

  /** Resolves when `end` is called, or after `atMostMs`. Only one call may wait at a time. */
  wait(atMostMs?: number): Promise<void> {
    return new Promise((resolve) => {
      let cancelTimer: (() => void) | undefined
      this.#end = () => {
        this.#end = undefined
        cancelTimer?.()
        resolve()
      }
      if (atMostMs !== undefined) cancelTimer = this.#clock.after(atMostMs, this.#end)
    })
  }
}

/** Tells a subscriber when to look again: after something changed, but not before its interval has passed. */
export class UpdatePacer {
  readonly #clock: Clock
  readonly #fairYield: FairYield
  readonly #everyMs: number
  readonly #isAligned: boolean
  readonly #signal: AbortSignal
  readonly #wakeUp: WakeUp
  readonly #onAbort = () => this.#wakeUp.end()
  #hasChanged = false
  #isUrgent = false

  constructor(options: {
    clock: Clock
    fairYield: FairYield
    /** The interval between two looks. */
    everyMs: number
    /**
     * Whether to look when the clock shows a multiple of `everyMs`. All subscribers with the same interval
     * then read the same at the same time. The first interval is shorter.
     */
    isAligned: boolean
    /** Ends the wait. */
    signal: AbortSignal
  }) {
    this.#clock = options.clock
    this.#fairYield = options.fairYield
    this.#everyMs = options.everyMs
    this.#isAligned = options.isAligned
    this.#signal = options.signal
    this.#wakeUp = new WakeUp(options.clock)
    this.#signal.addEventListener('abort', this.#onAbort)
  }

  /** Notes that something changed. */
  change(): void {
    if (this.#hasChanged) return
    this.#hasChanged = true
    this.#wakeUp.end()
  }

  /** Ends the interval now, for a change that must not wait. */
  urgentChange(): void {
    this.#isUrgent = true
    this.#wakeUp.end()
  }

  /**
   * Resolves when it is time to look, or when the signal has aborted. Later changes count for the next call.
   */
  async next(): Promise<void> {
    const now = this.#clock.now()
    const notBefore = this.#isAligned
      ? (Math.floor(now / this.#everyMs) + 1) * this.#everyMs
      : now + this.#everyMs
    while (!this.#hasChanged && !this.#skipsInterval()) await this.#wakeUp.wait()
    while (!this.#skipsInterval()) {
      const waitMs = notBefore - this.#clock.now()
      // If the wait is longer than the interval, somebody set the clock back.
      if (waitMs <= 0 || waitMs > this.#everyMs) break
      await this.#wakeUp.wait(waitMs)
    }
    await this.#fairYield.turn()
    this.#hasChanged = false
  }

  stop(): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
  }

  #skipsInterval(): boolean {
    return this.#isUrgent || this.#signal.aborted
  }
}

/**
 * Lets waiters continue a few at a time, as long as they leave the thread free often enough. In between, the
 * event loop handles other events, so that a thousand subscribers do not delay a query.
 */
export class FairYield {
  readonly #turns = new ThreadTurns()

  /** Resolves when it is the waiter's turn, in the order of the calls. */
  turn(): Promise<void> {
    // Never at once, since all who wake up together call before the first of them continues.
    return this.#turns.wait('')
  }

  /** Resolves on a later turn of the event loop, when nobody waits any more. */
  async idle(): Promise<void> {
    do await nextTurn()
    while (this.#turns.waiting > 0)
  }
}
