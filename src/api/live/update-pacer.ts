import type { Clock } from '../../base/clock.ts'
import type { FairYield } from './fair-yield.ts'

/** What one waiter waits for: `ring` ends the wait under way, if there is one. */
class WakeUp {
  readonly #clock: Clock
  #end: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  end(): void {
    this.#end?.()
  }

  /** Resolves at the next ring, or after `atMostMs`. One waiter at a time. */
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

/** When a subscriber looks again: once there is something new, but not before its time has come. */
export class UpdatePacer {
  readonly #clock: Clock
  readonly #fairYield: FairYield
  readonly #everyMs: number
  readonly #inStep: boolean
  readonly #signal: AbortSignal
  readonly #wakeUp: WakeUp
  readonly #onAbort = () => this.#wakeUp.end()
  #hasChanged = false
  #hurries = false

  constructor(options: {
    clock: Clock
    fairYield: FairYield
    /** Between two looks. */
    everyMs: number
    /**
     * Whether to look when the clock shows a multiple of `everyMs`, as all do that are in step with each other: then
     * they ask the same questions at the same time. The first time is then shorter than the others.
     */
    inStep: boolean
    /** Ends the waiting. */
    signal: AbortSignal
  }) {
    this.#clock = options.clock
    this.#fairYield = options.fairYield
    this.#everyMs = options.everyMs
    this.#inStep = options.inStep
    this.#signal = options.signal
    this.#wakeUp = new WakeUp(options.clock)
    this.#signal.addEventListener('abort', this.#onAbort)
  }

  /** There is something new. */
  change(): void {
    if (this.#hasChanged) return
    this.#hasChanged = true
    this.#wakeUp.end()
  }

  /** There is something that is not to wait for its time. */
  hurry(): void {
    this.#hurries = true
    this.#wakeUp.end()
  }

  /** Resolves when it is time to look, or when the signal has aborted. What changes from then on is told the next time. */
  async next(): Promise<void> {
    const now = this.#clock.now()
    const notBefore = this.#inStep
      ? (Math.floor(now / this.#everyMs) + 1) * this.#everyMs
      : now + this.#everyMs
    while (!this.#hasChanged && !this.#isCut()) await this.#wakeUp.wait()
    while (!this.#isCut()) {
      const waitMs = notBefore - this.#clock.now()
      // Longer than there is between two looks: somebody has set the clock back.
      if (waitMs <= 0 || waitMs > this.#everyMs) break
      await this.#wakeUp.wait(waitMs)
    }
    await this.#fairYield.turn()
    this.#hasChanged = false
  }

  stop(): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
  }

  #isCut(): boolean {
    return this.#hurries || this.#signal.aborted
  }
}
