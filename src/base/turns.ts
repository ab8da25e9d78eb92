import { setImmediate as nextTurn } from 'node:timers/promises'

/** The time that long work keeps the thread before the event loop gets a turn. */
const SLICE_MS = 4

/** Long work on a thread that others need too; yields after each step, of less than a millisecond. */
export type Steps<T> = Generator<undefined, T, void>

/** Items of a list in one step, each of some microseconds. */
export const ITEMS_PER_STEP = 100

/** Counts the time that work has kept the thread since the last turn of the event loop. */
export class Turn {
  #begunAt = performance.now()

  /** Whether the work should await `next` before it continues. */
  get isOver(): boolean {
    return performance.now() - this.#begunAt >= SLICE_MS
  }

  /** Resolves in the next turn of the event loop. */
  async next(): Promise<void> {
    await nextTurn()
    this.#begunAt = performance.now()
  }
}

/** Does all steps, with turns of the event loop in between. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  const turn = new Turn()
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    if (turn.isOver) await turn.next()
  }
}
