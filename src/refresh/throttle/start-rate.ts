import { LinkedList } from './linked-list.ts'

const SECOND_MS = 1_000

/** The delay of the throttle's timer that is made up for; starts that were missed earlier are lost. */
const CATCH_UP_MS = 50

/**
 * Limits the starts per second: they are allowed at even intervals, and no second has more of them than the
 * limit, rounded up. Times are epoch milliseconds. If they go back, since the clock was set, it starts over.
 */
export class StartRate {
  #perSecond: number
  /** The starts of the last second. */
  #starts = new LinkedList<number>()
  /** The time of the last call. */
  #seenAt = Number.NEGATIVE_INFINITY
  #nextAt = Number.NEGATIVE_INFINITY

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  get perSecond(): number {
    return this.#perSecond
  }

  /** Changes the limit. The next start comes after the new spacing at the latest. */
  change(perSecond: number, now: number): void {
    this.#advance(now)
    this.#perSecond = perSecond
    this.#nextAt = Math.min(this.#nextAt, now + this.#spacingMs)
  }

  /** Returns the milliseconds until the next start is allowed; 0 if it is allowed now. */
  waitMs(now: number): number {
    this.#advance(now)
    const oldest = this.#starts.first
    const isUsedUp = oldest !== undefined && this.#starts.length >= this.#perSecond
    return Math.max(0, this.#nextAt - now, isUsedUp ? oldest + SECOND_MS - now : 0)
  }

  /** Counts a start. Call it only if `waitMs` is 0. */
  add(now: number): void {
    this.#advance(now)
    this.#starts.push(now)
    this.#nextAt = Math.max(this.#nextAt, now - CATCH_UP_MS) + this.#spacingMs
  }

  /** Marks that no job has waited until now, so that no start has to be made up for. */
  skipTo(now: number): void {
    this.#advance(now)
    this.#nextAt = Math.max(this.#nextAt, now)
  }

  /** Returns the number of starts in the last second. */
  inLastSecond(now: number): number {
    this.#advance(now)
    return this.#starts.length
  }

  get #spacingMs(): number {
    return SECOND_MS / this.#perSecond
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
