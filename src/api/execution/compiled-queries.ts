import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { type CompiledQuery, QueryCompiler } from './query-compiler.ts'

/**
 * Compiling costs as much as running a query several times, so a query that does not recur is not compiled.
 */
const USES_BEFORE_COMPILING = 2

/** The fields of all compiled queries together, about 20 MB. */
const MAX_FIELDS_KEPT = 10_000

/**
 * Runs operations as graphql's `execute` does, but compiles queries that recur to JavaScript, which resolves
 * lists of thousands of objects several times faster. A query is recognized by its parsed document. If a
 * result has errors, `execute` runs the query again, so that its errors are graphql's own. A query changes
 * nothing, so it may run twice.
 */
export class CompiledQueries {
  readonly #compiler: QueryCompiler
  /** Counts the uses of a query until it is compiled or rejected for that. */
  readonly #uses = new WeakMap<OperationDefinitionNode, number>()
  readonly #compiled = new LRUCache<OperationDefinitionNode, CompiledQuery>({
    maxSize: MAX_FIELDS_KEPT,
    sizeCalculation: ({ fields }) => fields,
  })

  constructor(schema: GraphQLSchema) {
    this.#compiler = new QueryCompiler(schema)
  }

  /** @param args of this schema and a document that is valid */
  async execute(args: ExecutionArgs): Promise<ExecutionResult> {
    const result = await this.#query(args)?.run(args)
    return result && !result.errors ? result : await execute(args)
  }

  #query({ document, operationName }: ExecutionArgs): CompiledQuery | undefined {
    const operation = getOperationAST(document, operationName)
    // A mutation must not run twice, and does not return thousands of objects.
    if (operation?.operation !== OperationTypeNode.QUERY) return undefined
    const kept = this.#compiled.get(operation)
    if (kept) return kept
    const uses = (this.#uses.get(operation) ?? 0) + 1
    this.#uses.set(operation, uses)
    if (uses <= USES_BEFORE_COMPILING) return undefined
    const compiled = this.#compiler.compile(document, operation)
    if (compiled) this.#compiled.set(operation, compiled)
    // A query that the cache has dropped must recur as often again.
    this.#uses.set(operation, compiled ? 0 : Number.NEGATIVE_INFINITY)
    return compiled ?? undefined
  }
}
