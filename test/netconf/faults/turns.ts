import { setImmediate } from 'node:timers/promises'

/** In how many turns of the event loop something settles that waits for nothing: measured, it is two. */
export const AT_ONCE = 10

/**
 * Counts the turns of the event loop from `begin` until `end`. A busy machine makes a turn longer; it takes a timer, or
 * something from the network, to make it more of them.
 */
export class TurnCount {
  #turns = 0
  #isCounting = false

  begin(): void {
    this.#isCounting = true
    void this.#count()
  }

  /** Returns the count; null if it never began. */
  end(): number | null {
    const turns = this.#isCounting ? this.#turns : null
    this.#isCounting = false
    return turns
  }

  async #count(): Promise<void> {
    while (this.#isCounting) {
      await setImmediate()
      this.#turns += 1
    }
  }
}
