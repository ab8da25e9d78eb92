import type { Clock } from '../../base/clock.ts'
import { Bell } from './bell.ts'
import type { Turnstile } from './turnstile.ts'

/** When a subscriber looks again: once there is something new, but not before its time has come. */
export class Pace {
  readonly #clock: Clock
  readonly #turnstile: Turnstile
  readonly #everyMs: number
  readonly #inStep: boolean
  readonly #signal: AbortSignal
  readonly #bell: Bell
  readonly #onAbort = () => this.#bell.ring()
  #hasChanged = false
  #hurries = false

  constructor(options: {
    clock: Clock
    turnstile: Turnstile
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
    this.#turnstile = options.turnstile
    this.#everyMs = options.everyMs
    this.#inStep = options.inStep
    this.#signal = options.signal
    this.#bell = new Bell(options.clock)
    this.#signal.addEventListener('abort', this.#onAbort)
  }

  /** There is something new. */
  change(): void {
    if (this.#hasChanged) return
    this.#hasChanged = true
    this.#bell.ring()
  }

  /** There is something that is not to wait for its time. */
  hurry(): void {
    this.#hurries = true
    this.#bell.ring()
  }

  /** Resolves when it is time to look, or when the signal has aborted. What changes from then on is told the next time. */
  async next(): Promise<void> {
    const now = this.#clock.now()
    const notBefore = this.#inStep
      ? (Math.floor(now / this.#everyMs) + 1) * this.#everyMs
      : now + this.#everyMs
    while (!this.#hasChanged && !this.#isCut()) await this.#bell.wait()
    while (!this.#isCut()) {
      const waitMs = notBefore - this.#clock.now()
      // Longer than there is between two looks: somebody has set the clock back.
      if (waitMs <= 0 || waitMs > this.#everyMs) break
      await this.#bell.wait(waitMs)
    }
    await this.#turnstile.pass()
    this.#hasChanged = false
  }

  stop(): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
  }

  #isCut(): boolean {
    return this.#hurries || this.#signal.aborted
  }
}
