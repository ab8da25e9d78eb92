import { setImmediate as nextTurn } from 'node:timers/promises'
import { ThreadTurns } from '../fairness/thread-turns.ts'

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
