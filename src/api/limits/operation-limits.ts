import {
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql'
import { ArgumentValues } from './argument-values.ts'
import { collectFields } from './collect-fields.ts'
import { checkShape } from './document-shape.ts'
import { checkText } from './document-text.ts'
import { isRateLimited, MutationRate } from './mutation-rate.ts'
import { type Amount, CostCompiler } from './operation-cost.ts'
import { type ToldCost, tooComplex } from './too-complex.ts'
import { checkVariables } from './variables.ts'

export interface Limits {
  depth: number
  aliases: number
  tokens: number
  cost: number
  requestTimeMs: number
  mutationsPerMinute: number
}

/**
 * The share of a query's cost that a mutation may have, and an event of a subscription: these are executed on the API's
 * thread, where whatever is large keeps everybody waiting.
 */
const SHARE_OF_OTHERS = 1 / 15

/** What is known of an operation before it is run. */
interface Plan {
  /** See `CostCompiler`. */
  cost: Amount
  /** Its mutations that count for the rate of these. */
  rateLimited: number
}

/** What operations may be, whichever way they come. */
export class OperationLimits {
  readonly #limits: Limits
  readonly #deviceCount: () => number
  readonly #rate: MutationRate
  readonly #checked = new WeakSet<DocumentNode>()
  readonly #plans = new WeakMap<OperationDefinitionNode, Plan | undefined>()

  /** @param deviceCount see `CostCompiler` */
  constructor(limits: Limits, deviceCount: () => number) {
    this.#limits = limits
    this.#deviceCount = deviceCount
    this.#rate = new MutationRate(limits.mutationsPerMinute)
  }

  /** Before a text is parsed. Throws a GraphQLError. */
  checkText(text: string): void {
    checkText(text, this.#limits.tokens)
  }

  /** Before a document is validated. Throws a GraphQLError. */
  checkDocument(document: DocumentNode): void {
    if (this.#checked.has(document)) return
    checkShape(document, this.#limits)
    this.#checked.add(document)
  }

  /**
   * Before an operation of a valid document is run: what it costs. An operation that the document does not have costs
   * nothing; who runs it tells of that. Throws a GraphQLError.
   */
  checkCost(args: ExecutionArgs): ToldCost {
    checkVariables(args.variableValues)
    const cost = this.#planOf(args)?.cost(args.variableValues ?? {}) ?? 0
    // Tenths do not add up to whole numbers by themselves.
    const limit = isQuery(args) ? this.#limits.cost : Math.ceil(this.#limits.cost * SHARE_OF_OTHERS)
    const told = { requested: Math.ceil(Number(cost.toFixed(3))), limit }
    if (told.requested <= told.limit) return told
    throw tooComplex(
      `The operation costs ${told.requested}, and at most ${told.limit} is allowed; ask for smaller pages, fewer lists within lists, or fewer fields.`,
      told,
    )
  }

  /** Undefined where it has no mutation that counts. Rejects with a GraphQLError RATE_LIMITED. */
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

/** For an operation of a valid document. @param deviceCount see `CostCompiler` */
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

/** Whether the operation that is asked for changes nothing and ends with one answer. */
export function isQuery({ document, operationName }: ExecutionArgs): boolean {
  return getOperationAST(document, operationName)?.operation === OperationTypeNode.QUERY
}
