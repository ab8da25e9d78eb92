import {
  type ASTNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type FragmentDefinitionNode,
  GraphQLScalarType,
  GraphQLSchema,
  getOperationAST,
  getVariableValues,
  type InlineFragmentNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  specifiedScalarTypes,
  type TypeNode,
  visit,
} from 'graphql'
import { compileQuery, isCompiledQuery } from 'graphql-jit'
import { LRUCache } from 'lru-cache'

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

const MAX_DOCUMENTS = 1_000
/** The limit for all texts together. A parsed document takes up to about 200 bytes per character. */
const MAX_CHARACTERS = 500_000

/**
 * The caches in which graphql-yoga keeps parsed documents, with limits: clients may send a new text each
 * time.
 */
export function createDocumentCaches() {
  return {
    documentCache: new LRUCache<string, DocumentNode>({
      max: MAX_DOCUMENTS,
      maxSize: MAX_CHARACTERS,
      sizeCalculation: (_document, text) => Math.max(1, text.length),
    }),
    // There is no benefit in keeping the errors of texts that do not parse.
    errorCache: { get: () => undefined, set: () => undefined },
  }
}

/**
 * Runs one query. Returns null if `execute` must run it instead, and leaves the wording of errors to
 * `execute`.
 */
type RunQuery = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult> | null

export interface CompiledQuery {
  run: RunQuery
  /** The fields as often as they stand in the result. Each takes about 2 KB of compiled code. */
  fields: number
}

/** With more fields, compiling blocks the thread for longer than it saves. */
const MAX_FIELDS = 300

/** A name that does not occur in the schema. */
const COERCED = 'RollcallCoerced'

const SPECIFIED_SCALARS: ReadonlySet<string> = new Set(specifiedScalarTypes.map(({ name }) => name))

/**
 * Compiles queries to JavaScript, and works around what graphql-jit 0.8 gets wrong:
 * - It loops forever for a variable whose type refers to itself, as our filters do. So graphql itself coerces
 *   the variables, and the compiled query takes them unchanged.
 * - It drops a fragment that is spread twice if the first spread is skipped, and it writes conditions into
 *   the nodes of the document. So it gets a copy with the fragments inlined.
 * - It accepts null for a variable that has a default value, for which plain execution reports an error.
 * Introspection is not compiled, because it would show the type that makes this possible.
 */
export class QueryCompiler {
  readonly #schema: GraphQLSchema

  constructor(schema: GraphQLSchema) {
    const config = schema.toConfig()
    const coerced = new GraphQLScalarType({ name: COERCED, parseValue: (value) => value })
    this.#schema = new GraphQLSchema({ ...config, types: [...config.types, coerced], assumeValid: true })
  }

  /** Returns null if the query cannot or should not be compiled. */
  compile(document: DocumentNode, operation: OperationDefinitionNode): CompiledQuery | null {
    const definitions = operation.variableDefinitions ?? []
    if (definitions.some(({ variable }) => variable.name.value === '__proto__')) return null
    const written = withoutSpreads(copyOf(operation), document)
    const fields = fieldsOf(written)
    if (fields.length > MAX_FIELDS || fields.some((name) => name === '__schema' || name === '__type'))
      return null
    const compiled = compileQuery(
      this.#schema,
      { kind: Kind.DOCUMENT, definitions: [withCoercedVariables(written)] },
      operation.name?.value ?? '',
      // Nobody sees the stacks of these errors.
      { disablingCapturingStackErrors: true },
    )
    if (!isCompiledQuery(compiled)) return null
    const withDefaults = definitions.flatMap(({ defaultValue, variable }) =>
      defaultValue ? variable.name.value : [],
    )
    return {
      fields: fields.length,
      run: ({ schema, rootValue, contextValue, variableValues }) => {
        const { errors, variableValues: given } = getVariableValues(schema, definitions, variableValues ?? {})
        if (errors || withDefaults.some((name) => given.coerced[name] === null)) return null
        return compiled.query(rootValue, contextValue, given.coerced)
      },
    }
  }
}

function fieldsOf(operation: OperationDefinitionNode): string[] {
  const names: string[] = []
  visit(operation, { Field: ({ name }) => void names.push(name.value) })
  return names
}

/** Copies a node without its positions in the text, which only errors need. */
function copyOf<N extends ASTNode>(node: N): N {
  return JSON.parse(JSON.stringify(node, (key, value) => (key === 'loc' ? undefined : value)))
}

/** Inlines the fragments. The document is valid, so no fragment contains itself. */
function withoutSpreads(operation: OperationDefinitionNode, document: DocumentNode): OperationDefinitionNode {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  return visit(operation, {
    FragmentSpread: ({ name, directives }): InlineFragmentNode | undefined => {
      const fragment = fragments.get(name.value)
      if (!fragment) return undefined
      const { typeCondition, selectionSet } = copyOf(fragment)
      // The visitor visits the returned node in turn.
      return { kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet }
    },
  })
}

function withCoercedVariables(operation: OperationDefinitionNode): OperationDefinitionNode {
  return visit(operation, {
    VariableDefinition: ({ defaultValue, ...rest }) => {
      if (SPECIFIED_SCALARS.has(nameOf(rest.type))) return undefined
      return { ...rest, type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: COERCED } } }
    },
  })
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type)
}
