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

/** Compiling costs as much as running the query some times: one that does not come again is not worth it. */
const USES_BEFORE_COMPILING = 2

/** Of all that are kept together: some 20 MB. */
const MAX_FIELDS_KEPT = 10_000

/**
 * Runs operations as graphql's `execute` does, but a query that comes again is compiled to JavaScript, which resolves lists of
 * thousands of objects several times faster. It is known by its document: whoever parses the same text anew each time
 * gains nothing. Whatever has an error is run by `execute` itself, so that errors are the same in every word: a query
 * changes nothing, and may be run twice.
 */
export class CompiledQueries {
  readonly #compiler: QueryCompiler
  /** Until it is compiled, or found not to be worth it. */
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
    // A mutation is no list of thousands, and must not be run twice.
    if (operation?.operation !== OperationTypeNode.QUERY) return undefined
    const kept = this.#compiled.get(operation)
    if (kept) return kept
    const uses = (this.#uses.get(operation) ?? 0) + 1
    this.#uses.set(operation, uses)
    if (uses <= USES_BEFORE_COMPILING) return undefined
    const compiled = this.#compiler.compile(document, operation)
    if (compiled) this.#compiled.set(operation, compiled)
    // Once it is let go of, it has to come as often again.
    this.#uses.set(operation, compiled ? 0 : Number.NEGATIVE_INFINITY)
    return compiled ?? undefined
  }
}
