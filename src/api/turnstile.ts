import { setImmediate as nextTurn } from 'node:timers/promises'

/** How many pass in one turn of the event loop at most: what they then read and resolve is in memory at the same time. */
const MAX_PASSES = 16

/** A turn that took longer is followed by one with half as many passes. */
const LONG_TURN_MS = 10

/**
 * Lets through a few at a time those that all want to go on at once. In between, the event loop takes in what else
 * there is to do, so that a thousand subscribers do not keep a query waiting.
 */
export class Turnstile {
  readonly #waiting: (() => void)[] = []
  #passes = MAX_PASSES
  /** When those of the last turn began; null if nobody waited since. */
  #begunAt: number | null = null

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
    const now = performance.now()
    if (this.#begunAt !== null) {
      const wasLong = now - this.#begunAt > LONG_TURN_MS
      this.#passes = wasLong ? Math.ceil(this.#passes / 2) : Math.min(MAX_PASSES, 2 * this.#passes)
    }
    for (const resolve of this.#waiting.splice(0, this.#passes)) resolve()
    const isOver = this.#waiting.length === 0
    this.#begunAt = isOver ? null : now
    if (!isOver) setImmediate(() => this.#turn())
  }
}
