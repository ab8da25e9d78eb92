import { setImmediate as nextTurn } from 'node:timers/promises'
import { ThreadTurns } from '../fairness/thread-turns.ts'

/**
 * Lets through a few at a time those that all want to go on at once, as far as they do not keep the thread for long. In
 * between, the event loop takes in what else there is to do, so that a thousand subscribers do not keep a query waiting.
 */
export class FairYield {
  readonly #turns = new ThreadTurns()

  /** Resolves in turn, first come, first served. */
  turn(): Promise<void> {
    // Never at once: all who wake up together ask before the first of them has begun.
    return this.#turns.wait('')
  }

  /** Resolves once nobody waits, on a later turn of the event loop. */
  async idle(): Promise<void> {
    do await nextTurn()
    while (this.#turns.waiting > 0)
  }
}
