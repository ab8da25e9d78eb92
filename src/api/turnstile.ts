import { setImmediate as nextTurn } from 'node:timers/promises'

/** How many pass in one turn of the event loop: what they then read and resolve is in memory at the same time. */
const PASSES_PER_TURN = 16

/**
 * Lets through a few at a time those that all want to go on at once. In between, the event loop takes in what else
 * there is to do, so that a thousand subscribers do not keep a query waiting.
 */
export class Turnstile {
  readonly #waiting: (() => void)[] = []

  /** Resolves in turn, first come, first served. */
  pass(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) setImmediate(() => this.#turn())
    })
  }

  /** Resolves once nobody waits, on a later turn of the event loop. */
  async idle(): Promise<void> {
    do await nextTurn()
    while (this.#waiting.length > 0)
  }

  #turn(): void {
    for (const resolve of this.#waiting.splice(0, PASSES_PER_TURN)) resolve()
    if (this.#waiting.length > 0) setImmediate(() => this.#turn())
  }
}
