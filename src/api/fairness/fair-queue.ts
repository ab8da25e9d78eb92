import { type BudgetLimits, CostBudget } from './cost-budget.ts'
import { RoundRobin } from './round-robin.ts'

/** An operation that waits for its turn. */
export interface QueuedOperation {
  caller: string
  cost: number
  /** Aborts when nobody waits for the operation any more. It then leaves the queue. */
  signal: AbortSignal
}

/** Runs a few large operations at a time. Callers take turns, however many operations each has queued. */
export class FairQueue {
  readonly #places: number
  readonly #budget: CostBudget
  readonly #waiting = new RoundRobin<() => void>()
  #running = 0

  /** @param options.places the number of operations that run at once */
  constructor({ places, limits }: { places: number; limits: BudgetLimits }) {
    this.#places = places
    this.#budget = new CostBudget(limits)
  }

  /** The number of waiting operations. */
  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * Resolves with the result of `work`, which holds its place until it settles. Rejects with a GraphQLError
   * RATE_LIMITED if too much is under way, and with the signal's reason if that aborts while the operation
   * waits.
   */
  async run<T>({ caller, cost, signal }: QueuedOperation, work: () => Promise<T>): Promise<T> {
    const free = this.#budget.add(caller, cost)
    try {
      await this.#turn(caller, signal)
      const begun = performance.now()
      try {
        return await work()
      } finally {
        this.#running -= 1
        this.#budget.learn(cost, (performance.now() - begun) / this.#places)
        this.#waiting.shift()?.()
      }
    } finally {
      free()
    }
  }

  /** Resolves once the operation has a place. */
  #turn(caller: string, signal: AbortSignal): Promise<void> | undefined {
    signal.throwIfAborted()
    if (this.#running < this.#places) {
      this.#running += 1
      return undefined
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const begin = () => {
      signal.removeEventListener('abort', leave)
      this.#running += 1
      resolve()
    }
    const leave = () => {
      if (this.#waiting.remove(caller, begin)) reject(signal.reason)
    }
    this.#waiting.push(caller, begin)
    signal.addEventListener('abort', leave, { once: true })
    return promise
  }
}
