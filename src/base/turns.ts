import { setImmediate as nextTurn } from 'node:timers/promises'

/** The time that long work keeps the thread before others get it. */
const SLICE_MS = 2

/** A turn of the event loop that takes no longer had next to nothing to do. */
const IDLE_TURN_MS = 0.3

/** The most time that others get before long work goes on, so that it ends where the thread is never idle. */
const OTHERS_MS = 10

/** Long work on a thread that others need too; yields after each step, of less than a millisecond. */
export type Steps<T> = Generator<undefined, T, void>

/** Items of a list in one step, each of some microseconds. */
export const ITEMS_PER_STEP = 100

/** Counts the time that work has kept the thread since others last had it. */
export class Turn {
  #begunAt = performance.now()

  /** Whether the work should await `next` before it continues. */
  get isOver(): boolean {
    return performance.now() - this.#begunAt >= SLICE_MS
  }

  /** Resolves when others have had the thread. */
  async next(): Promise<void> {
    await letOthersWork()
    this.#begunAt = performance.now()
  }
}

/**
 * Resolves after a turn of the event loop in which others had next to no work, or after 10 ms. An answer of
 * the API takes several turns; it would otherwise wait for a slice of long work in each of them.
 */
export async function letOthersWork(): Promise<void> {
  const begunAt = performance.now()
  for (let turnBegunAt = begunAt; ; ) {
    await nextTurn()
    const now = performance.now()
    if (now - turnBegunAt <= IDLE_TURN_MS || now - begunAt >= OTHERS_MS) return
    turnBegunAt = now
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
