import {
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql'
import type { Clock } from '../../base/clock.ts'
import type { RateStore } from '../../store/rate-store.ts'
import type { Store } from '../../store/store.ts'
import { ArgumentValues, collectFields } from './collect-fields.ts'
import { type ReportedCost, tooComplex } from './limit-errors.ts'
import { isRateLimited, MutationRate } from './mutation-rate.ts'
import { type Amount, CostCompiler } from './operation-cost.ts'
import { checkShape, checkText, checkVariables } from './operation-size.ts'

export interface Limits {
  depth: number
  aliases: number
  tokens: number
  cost: number
  requestTimeMs: number
  mutationsPerMinute: number
}

/**
 * The share of a query's cost limit that a mutation and an event of a subscription may use. These are
 * executed on the API's thread, where a large one would delay everybody.
 */
const SHARE_OF_OTHERS = 1 / 15

/** The facts about an operation that do not depend on its variables. */
interface Plan {
  /** See `CostCompiler`. */
  cost: Amount
  /** The number of its mutations that the rate limit counts. */
  rateLimited: number
}

/** Holds every operation to the limits, over HTTP and WebSocket. */
export class OperationLimits {
  readonly #limits: Limits
  readonly #deviceCount: () => number
  readonly #rate: MutationRate
  readonly #checked = new WeakSet<DocumentNode>()
  readonly #plans = new WeakMap<OperationDefinitionNode, Plan | undefined>()

  /**
   * @param deviceCount see `CostCompiler`
   * @param rates counts mutations for all processes of a database; null if there is only one
   */
  constructor(limits: Limits, deviceCount: () => number, rates: RateStore | null) {
    this.#limits = limits
    this.#deviceCount = deviceCount
    this.#rate = new MutationRate(limits.mutationsPerMinute, rates)
  }

  /** Checks a text before it is parsed. Throws a GraphQLError. */
  checkText(text: string): void {
    checkText(text, this.#limits.tokens)
  }

  /** Checks a document before it is validated. Throws a GraphQLError. */
  checkDocument(document: DocumentNode): void {
    if (this.#checked.has(document)) return
    checkShape(document, this.#limits)
    this.#checked.add(document)
  }

  /**
   * Returns the cost of an operation of a valid document, before it is executed. An operation that the
   * document lacks costs nothing; executing it reports the error. Throws a GraphQLError.
   */
  checkCost(args: ExecutionArgs): ReportedCost {
    checkVariables(args.variableValues)
    const requested = this.#planOf(args)?.cost(args.variableValues ?? {}) ?? 0
    const limit = isQuery(args) ? this.#limits.cost : Math.ceil(this.#limits.cost * SHARE_OF_OTHERS)
    // toFixed removes the rounding errors of adding tenths.
    const cost = { requested: Math.ceil(Number(requested.toFixed(3))), limit }
    if (cost.requested <= cost.limit) return cost
    throw tooComplex(
      `The operation costs ${cost.requested}, and at most ${cost.limit} is allowed; ask for smaller ` +
        'pages, fewer lists within lists, or fewer fields.',
      cost,
    )
  }

  /** Returns undefined if no mutation counts. Rejects with a GraphQLError RATE_LIMITED. */
  checkRate(args: ExecutionArgs, caller: string): Promise<void> | undefined {
    const mutations = this.#planOf(args)?.rateLimited ?? 0
    return mutations > 0 ? this.#rate.take(caller, mutations) : undefined
  }

  #planOf({ schema, document, operationName }: ExecutionArgs): Plan | undefined {
    const operation = getOperationAST(document, operationName)
    if (!operation) return undefined
    let plan = this.#plans.get(operation)
    if (!plan) {
      plan = planOperation(schema, document, operation, this.#deviceCount)
      this.#plans.set(operation, plan)
    }
    return plan
  }
}

/** Plans an operation of a valid document. @param deviceCount see `CostCompiler` */
function planOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  deviceCount: () => number,
): Plan | undefined {
  const type = schema.getRootType(operation.operation)
  if (!type) return undefined
  const fragments = new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  )
  const scope = { schema, fragments, values: new ArgumentValues(operation) }
  const fields = collectFields(scope, type, [operation.selectionSet])
  const names = [...fields.values()].flatMap(({ nodes }) => nodes[0]?.name.value ?? [])
  return {
    cost: new CostCompiler(scope, deviceCount).fieldsOf(type, fields),
    rateLimited: names.filter((name) => isRateLimited(schema.getField(type, name))).length,
  }
}

/** Returns whether the requested operation is a query. */
export function isQuery({ document, operationName }: ExecutionArgs): boolean {
  return getOperationAST(document, operationName)?.operation === OperationTypeNode.QUERY
}

/** The time for which a count is exact enough for the cost of operations. */
const KEPT_MS = 10_000

/** Gives the approximate number of devices at once, without waiting for the database. */
export class InventorySize {
  readonly #store: Store
  readonly #clock: Clock
  #devices = 0
  #countedAt = Number.NEGATIVE_INFINITY

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#store = store
    this.#clock = clock
  }

  /** The number of active devices some seconds ago; 0 before the first count. */
  get devices(): number {
    if (Math.abs(this.#clock.now() - this.#countedAt) >= KEPT_MS) void this.count()
    return this.#devices
  }

  /** Never rejects: if the database does not answer, the last count stays. */
  async count(): Promise<void> {
    this.#countedAt = this.#clock.now()
    try {
      this.#devices = await this.#store.devices.count({})
    } catch {
      // The next query that reads the database reports the error.
    }
  }
}
