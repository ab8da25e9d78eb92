import { tooMuchUnderWay } from '../limits/limit-errors.ts'
import { RoundRobin } from './round-robin.ts'

/** The time for which requests may keep the thread before the event loop gets a turn. */
const SLICE_MS = 10

/** The number of tasks that may begin in one turn of the event loop, if they take no longer than a slice. */
const MAX_PER_TURN = 16

/** The limits for waiting requests. */
const MAX_WAITING_OF_CALLER = 1_000
const MAX_WAITING = 5_000

/** An estimate of how long a request keeps the thread, for the advice when to try again. */
const MS_PER_REQUEST = 5

/**
 * Shares the API's thread between callers. Work begins at once while the thread has time. When requests have
 * kept the thread for `SLICE_MS` without a turn of the event loop, further ones wait. A few of them begin
 * with each turn, and callers take turns. Requests that need no turn, such as `/healthz`, are answered in
 * between.
 */
export class ThreadTurns {
  readonly #waiting = new RoundRobin<() => void>()
  /** The time at which the first work of this turn of the event loop began. */
  #begunAt: number | null = null

  /** The number of waiting tasks. */
  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * Resolves when the caller's work may begin; undefined means at once. The work must not wait for input
   * first.
   */
  take(caller: string): Promise<void> | undefined {
    const isFirst = this.#begunAt === null
    const begunAt = this.#begin()
    const hasTime = this.#waiting.size === 0 && performance.now() - begunAt < SLICE_MS
    return isFirst || hasTime ? undefined : this.wait(caller)
  }

  /** Resolves when the caller's work may begin, in another turn of the event loop. */
  wait(caller: string): Promise<void> {
    this.#begin()
    return new Promise((resolve) => this.#waiting.push(caller, resolve))
  }

  /**
   * Does the same as `take` for a request, whose number is limited.
   *
   * @throws GraphQLError RATE_LIMITED if too many wait
   */
  takeForRequest(caller: string): Promise<void> | undefined {
    const { size } = this.#waiting
    if (size >= MAX_WAITING) {
      throw tooMuchUnderWay(`${size} requests wait, and no more are allowed`, 'all', size * MS_PER_REQUEST)
    }
    const own = this.#waiting.sizeOf(caller)
    if (own >= MAX_WAITING_OF_CALLER) {
      throw tooMuchUnderWay(
        `You have ${own} requests waiting, and no more are allowed`,
        'caller',
        own * MS_PER_REQUEST,
      )
    }
    return this.take(caller)
  }

  /** Schedules the waiting work for the next turn. Returns the time at which the work of this turn began. */
  #begin(): number {
    if (this.#begunAt === null) {
      this.#begunAt = performance.now()
      setImmediate(this.#next)
    }
    return this.#begunAt
  }

  readonly #next = (): void => {
    const count = Math.min(this.#waiting.size, MAX_PER_TURN)
    if (count === 0) {
      this.#begunAt = null
      return
    }
    // All of these run in the next turn, each after the work that the one before has begun.
    setImmediate(this.#beginFirst)
    for (let index = 1; index < count; index += 1) setImmediate(this.#beginIfTimeIsLeft)
    setImmediate(this.#next)
  }

  readonly #beginFirst = (): void => {
    this.#begunAt = performance.now()
    this.#waiting.shift()?.()
  }

  readonly #beginIfTimeIsLeft = (): void => {
    if (this.#begunAt !== null && performance.now() - this.#begunAt < SLICE_MS) this.#waiting.shift()?.()
  }
}
