import { tooMuchUnderWay } from './rate-limited.ts'
import { RoundRobin } from './round-robin.ts'

/** How long requests may keep the thread before the event loop turns. */
const SLICE_MS = 10

/** How much may begin in one turn of the event loop, if it takes no longer than a slice. */
const MAX_PER_TURN = 8

/** Requests that may wait for their turn. */
const MAX_WAITING_OF_CALLER = 1_000
const MAX_WAITING = 5_000

/** A guess of how long a request keeps the thread, to say when to come again. */
const MS_PER_REQUEST = 5

/**
 * Shares the API's thread between callers. Work begins at once while the thread has time; once requests have kept it for some
 * milliseconds without a turn of the event loop, the others wait, and a few begin with each turn, the callers in turns. What
 * comes in between, `/healthz` for example, is answered before all of them.
 */
export class ThreadTurns {
  readonly #waiting = new RoundRobin<() => void>()
  /** When the first work of this turn of the event loop began. */
  #begunAt: number | null = null

  /** How much waits. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Resolves when the caller's work may begin; undefined: at once. It must not wait for input before it begins. */
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
   * Does the same for a request.
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

  /** Has the next turn of the event loop begin with what waits; returns when the work of this one began. */
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
    // On the next turn. Each runs once what the one before has begun is done with the thread.
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
