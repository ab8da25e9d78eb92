import type { Clock } from '../../base/clock.ts'

/** What one waiter waits for: `ring` ends the wait under way, if there is one. */
export class Bell {
  readonly #clock: Clock
  #end: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  ring(): void {
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
