import { type Bound, tooMuchUnderWay } from '../limits/limit-errors.ts'
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

/** The limits for operations that wait or run. */
export interface BudgetLimits {
  /** The total cost of one caller's operations. */
  costOfCaller: number
  costOfAll: number
  /** The number of one caller's operations. */
  operationsOfCaller: number
  operationsOfAll: number
}

interface Use {
  cost: number
  operations: number
}

/** The first estimate: a cost of 100 takes about a millisecond. */
const MS_PER_COST = 0.01
/** The weight of the latest operation in the moving average. */
const SMOOTHING = 0.1
const MIN_RETRY_MS = 500

/** Limits the cost of the operations under way, for each caller and for all together. */
export class CostBudget {
  readonly #limits: BudgetLimits
  readonly #all: Use = { cost: 0, operations: 0 }
  readonly #callers = new Map<string, Use>()
  #msPerCost = MS_PER_COST

  constructor(limits: BudgetLimits) {
    this.#limits = limits
  }

  /**
   * Counts an operation until the returned function is called. For a caller with nothing under way, only the
   * limits for all apply. If no operation is under way, any one is accepted.
   *
   * @throws GraphQLError RATE_LIMITED
   */
  add(caller: string, cost: number): () => void {
    const own = this.#callers.get(caller) ?? { cost: 0, operations: 0 }
    const { costOfCaller, costOfAll, operationsOfCaller, operationsOfAll } = this.#limits
    this.#check('caller', own, cost, { cost: costOfCaller, operations: operationsOfCaller })
    this.#check('all', this.#all, cost, { cost: costOfAll, operations: operationsOfAll })
    this.#callers.set(caller, own)
    for (const use of [own, this.#all]) {
      use.cost += cost
      use.operations += 1
    }
    return () => {
      for (const use of [own, this.#all]) {
        use.cost -= cost
        use.operations -= 1
      }
      if (own.operations === 0) this.#callers.delete(caller)
    }
  }

  /** Records how long an operation took. This improves the estimate of when there is room again. */
  learn(cost: number, durationMs: number): void {
    if (cost > 0) this.#msPerCost += SMOOTHING * (durationMs / cost - this.#msPerCost)
  }

  #check(bound: Bound, use: Use, cost: number, max: Use): void {
    if (use.operations === 0) return
    const whose = bound === 'caller' ? 'You have' : 'All callers together have'
    if (use.cost + cost > max.cost) {
      throw tooMuchUnderWay(
        `${whose} operations under way that cost ${use.cost} together, and at most ${max.cost} is allowed`,
        bound,
        this.#retryAfterMs(use.cost + cost - max.cost),
      )
    }
    if (use.operations >= max.operations) {
      throw tooMuchUnderWay(
        `${whose} ${use.operations} large operations under way, and no more are allowed`,
        bound,
        this.#retryAfterMs(use.cost / use.operations),
      )
    }
  }

  #retryAfterMs(costToEnd: number): number {
    return Math.max(MIN_RETRY_MS, costToEnd * this.#msPerCost * Math.max(1, this.#callers.size))
  }
}
