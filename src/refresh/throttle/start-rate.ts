import { LinkedList } from './linked-list.ts'

const SECOND_MS = 1_000

/** What a late timer has missed is made up for as far as this; what is older is lost. */
const CATCH_UP_MS = 50

/**
 * A limit on starts per second: they are spaced evenly, and no second has more of them than the limit (rounded
 * up). Times are epoch milliseconds; where they go back, because somebody has set the clock, it begins anew.
 */
export class StartRate {
  readonly perSecond: number
  readonly #spacingMs: number
  /** The starts of the last second. */
  #starts = new LinkedList<number>()
  /** The latest time that it was told. */
  #seenAt = Number.NEGATIVE_INFINITY
  #nextAt = Number.NEGATIVE_INFINITY

  constructor(perSecond: number) {
    this.perSecond = perSecond
    this.#spacingMs = SECOND_MS / perSecond
  }

  /** Milliseconds until the next start is allowed; 0: it is. */
  waitMs(now: number): number {
    this.#advance(now)
    const oldest = this.#starts.first
    const isUsedUp = oldest !== undefined && this.#starts.length >= this.perSecond
    return Math.max(0, this.#nextAt - now, isUsedUp ? oldest + SECOND_MS - now : 0)
  }

  /** Counts a start, which is allowed. */
  add(now: number): void {
    this.#advance(now)
    this.#starts.push(now)
    this.#nextAt = Math.max(this.#nextAt, now - CATCH_UP_MS) + this.#spacingMs
  }

  /** Nothing has waited for its turn until now, so there is nothing to make up for. */
  skipTo(now: number): void {
    this.#advance(now)
    this.#nextAt = Math.max(this.#nextAt, now)
  }

  /** How many there were in the last second. */
  inLastSecond(now: number): number {
    this.#advance(now)
    return this.#starts.length
  }

  #advance(now: number): void {
    if (now < this.#seenAt) {
      this.#starts = new LinkedList()
      this.#nextAt = now
    }
    this.#seenAt = now
    for (let oldest = this.#starts.first; oldest !== undefined && oldest <= now - SECOND_MS; ) {
      this.#starts.shift()
      oldest = this.#starts.first
    }
  }
}
