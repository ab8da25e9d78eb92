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

/** Runs one query; a result without data, or with errors, is for `execute` to tell in its own words. */
export type RunQuery = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>

/** A name that no schema of ours has. */
const COERCED = 'RollcallCoerced'

const SPECIFIED_SCALARS: ReadonlySet<string> = new Set(specifiedScalarTypes.map(({ name }) => name))

/**
 * Compiles queries to JavaScript, and goes round what graphql-jit 0.8 gets wrong:
 * - It does not come to an end for a variable whose type refers to itself, as our filters do. So variables are coerced by graphql
 *   itself, and handed over as they are.
 * - A fragment that is spread twice, skipped the first time, is left out altogether, and it writes conditions into the nodes of
 *   the document. So it is given a copy, in which fragments are written out wherever they are spread.
 */
export class QueryCompiler {
  readonly #schema: GraphQLSchema

  constructor(schema: GraphQLSchema) {
    const config = schema.toConfig()
    const coerced = new GraphQLScalarType({ name: COERCED, parseValue: (value) => value })
    this.#schema = new GraphQLSchema({ ...config, types: [...config.types, coerced], assumeValid: true })
  }

  /** Null for what cannot be compiled. */
  compile(document: DocumentNode, operation: OperationDefinitionNode): RunQuery | null {
    const definitions = operation.variableDefinitions ?? []
    const operationName = operation.name?.value ?? ''
    const compiled = compileQuery(
      this.#schema,
      withCoercedVariables(withoutSpreads(copyOf(document))),
      operationName,
      {
        // Those of errors, which nobody sees.
        disablingCapturingStackErrors: true,
      },
    )
    if (!isCompiledQuery(compiled)) return null
    return ({ schema, rootValue, contextValue, variableValues }) => {
      const { errors, variableValues: given } = getVariableValues(schema, definitions, variableValues ?? {})
      return errors ? { errors } : compiled.query(rootValue, contextValue, given.coerced)
    }
  }
}

/** Without the places in the text, which are for errors. */
function copyOf<N extends ASTNode>(node: N): N {
  return JSON.parse(JSON.stringify(node, (key, value) => (key === 'loc' ? undefined : value)))
}

/** Of a valid document: no fragment is within itself. */
function withoutSpreads(document: DocumentNode): DocumentNode {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  if (fragments.size === 0) return document
  const definitions = document.definitions.filter(({ kind }) => kind !== Kind.FRAGMENT_DEFINITION)
  return visit(
    { ...document, definitions },
    {
      FragmentSpread: ({ name, directives }): InlineFragmentNode | undefined => {
        const fragment = fragments.get(name.value)
        if (!fragment) return undefined
        const { typeCondition, selectionSet } = copyOf(fragment)
        // What is returned is visited in turn.
        return { kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet }
      },
    },
  )
}

function withCoercedVariables(document: DocumentNode): DocumentNode {
  return visit(document, {
    VariableDefinition: ({ defaultValue, ...rest }) => {
      if (SPECIFIED_SCALARS.has(nameOf(rest.type))) return undefined
      return { ...rest, type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: COERCED } } }
    },
  })
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type)
}
