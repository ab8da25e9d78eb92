import {
  type ASTNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FragmentDefinitionNode,
  GraphQLScalarType,
  GraphQLSchema,
  getVariableValues,
  type InlineFragmentNode,
  Kind,
  type OperationDefinitionNode,
  specifiedScalarTypes,
  type TypeNode,
  visit,
} from 'graphql'
import { compileQuery, isCompiledQuery } from 'graphql-jit'

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
      // The stacks of errors, which nobody sees.
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
