import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql'
import { QueryCompiler, type RunQuery } from './query-compiler.ts'

/** Compiling costs as much as running the query some times: one that does not come again is not worth it. */
const USES_BEFORE_COMPILING = 2

/** What is known of one query. */
interface Known {
  uses: number
  /** Undefined until it is worth it, null where it cannot be. */
  compiled: RunQuery | null | undefined
}

/**
 * Runs operations as graphql's `execute` does, but a query that comes again is compiled to JavaScript, which resolves lists of
 * thousands of objects several times faster. It is compiled once for a document: whoever parses the same text anew each
 * time gains nothing. Whatever has an error is run by `execute` itself, so that errors are the same in every word: a query
 * changes nothing, and may be run twice.
 */
export class CompiledQueries {
  readonly #compiler: QueryCompiler
  readonly #queries = new WeakMap<OperationDefinitionNode, Known>()

  constructor(schema: GraphQLSchema) {
    this.#compiler = new QueryCompiler(schema)
  }

  /** @param args of this schema and a document that is valid */
  async execute(args: ExecutionArgs): Promise<ExecutionResult> {
    const compiled = this.#compiled(args)
    if (compiled) {
      const result = await compiled(args)
      if (!result.errors) return result
    }
    return await execute(args)
  }

  #compiled({ document, operationName }: ExecutionArgs): RunQuery | null {
    const operation = getOperationAST(document, operationName)
    // A mutation is no list of thousands, and must not be run twice.
    if (operation?.operation !== OperationTypeNode.QUERY) return null
    let known = this.#queries.get(operation)
    if (!known) {
      known = { uses: 0, compiled: undefined }
      this.#queries.set(operation, known)
    }
    known.uses += 1
    if (known.compiled === undefined && known.uses > USES_BEFORE_COMPILING) {
      known.compiled = this.#compiler.compile(document, operation)
    }
    return known.compiled ?? null
  }
}
