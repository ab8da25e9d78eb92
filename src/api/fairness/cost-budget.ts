import { type Bound, tooMuchUnderWay } from './rate-limited.ts'

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
