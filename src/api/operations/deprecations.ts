import {
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  Kind,
  separateOperations,
  TypeInfo,
  typeFromAST,
  type VariableDefinitionNode,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** Counts the operations that use deprecated parts of the schema, so that unused ones can be removed. */
export class Deprecations {
  readonly #schema: GraphQLSchema
  readonly #uses: Map<string, number>
  readonly #documents = new WeakMap<DocumentNode, Map<string, OperationUses>>()

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
    this.#uses = new Map(deprecatedCoordinates(schema).map((coordinate) => [coordinate, 0]))
  }

  /**
   * The operations since the start, by the schema coordinate of the deprecated element. An operation counts
   * once for each.
   */
  get uses(): ReadonlyMap<string, number> {
    return this.#uses
  }

  /** Counts each operation as it begins, over HTTP and WebSocket. */
  get plugin(): Plugin {
    return {
      onExecute: ({ args }) => this.#count(args),
      onSubscribe: ({ args }) => this.#count(args),
    }
  }

  #count({ document, operationName, variableValues }: ExecutionArgs): void {
    if (this.#uses.size === 0) return
    const uses = this.#operation(document, operationName)
    if (!uses) return
    const used = new Set(uses.coordinates)
    for (const { name, type } of uses.variables) {
      for (const coordinate of usesInValue(variableValues?.[name], type)) used.add(coordinate)
    }
    for (const coordinate of used) this.#uses.set(coordinate, (this.#uses.get(coordinate) ?? 0) + 1)
  }

  #operation(document: DocumentNode, name: string | null | undefined): OperationUses | undefined {
    let operations = this.#documents.get(document)
    if (!operations) {
      operations = usesOfOperations(this.#schema, document)
      this.#documents.set(document, operations)
    }
    // Without a name, the document has only one operation.
    return name == null ? operations.values().next().value : operations.get(name)
  }
}

/**
 * A field, an argument, an input field or an enum value. Its text is the schema coordinate,
 * `Query.devices(first:)`.
 */
interface Element {
  deprecationReason?: string | null | undefined
  toString(): string
}

/** The deprecated elements that an operation always uses, and the variables that may hold more. */
interface OperationUses {
  coordinates: ReadonlySet<string>
  variables: { name: string; type: GraphQLInputType }[]
}

/** Returns the schema coordinates of all deprecated elements. */
function deprecatedCoordinates(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap()).flatMap((type) => {
    const elements: Element[] = []
    if (isEnumType(type)) elements.push(...type.getValues())
    else if ('getFields' in type) {
      for (const field of Object.values(type.getFields())) {
        elements.push(field)
        if ('args' in field) elements.push(...field.args)
      }
    }
    return elements.filter(isDeprecated).map(String)
  })
}

/** Returns the uses of each operation of a valid document by its name, or by '' if it has none. */
function usesOfOperations(schema: GraphQLSchema, document: DocumentNode): Map<string, OperationUses> {
  const operations = Object.entries(separateOperations(document))
  return new Map(operations.map(([name, operation]) => [name, usesOf(schema, operation)]))
}

function usesOf(schema: GraphQLSchema, operation: DocumentNode): OperationUses {
  const coordinates = new Set<string>()
  const variables: OperationUses['variables'] = []
  const use = (element: Element | null | undefined) => {
    if (element && isDeprecated(element)) coordinates.add(String(element))
  }
  const types = new TypeInfo(schema)
  const declare = ({ variable, type: written }: VariableDefinitionNode) => {
    const type = typeFromAST(schema, written)
    if (isInputType(type)) variables.push({ name: variable.name.value, type })
  }
  visit(
    operation,
    visitWithTypeInfo(types, {
      [Kind.FIELD]: () => use(types.getFieldDef()),
      [Kind.ARGUMENT]: () => use(types.getArgument()),
      [Kind.ENUM]: () => use(types.getEnumValue()),
      [Kind.OBJECT_FIELD]: ({ name }) => {
        const input = types.getParentInputType()
        if (input) use(inputField(input, name.value))
      },
      [Kind.VARIABLE_DEFINITION]: declare,
    }),
  )
  return { coordinates, variables }
}

/**
 * Yields the deprecated elements in the value of a variable. The client sent the value, so it may have any
 * shape, and be nested deeper than the call stack.
 */
function* usesInValue(value: unknown, type: GraphQLInputType): Generator<string> {
  const waiting = [{ value, type }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value } = next
    const type = getNullableType(next.type)
    if (isListType(type)) {
      for (const item of Array.isArray(value) ? value : [value])
        waiting.push({ value: item, type: type.ofType })
    } else if (isEnumType(type)) {
      const chosen = typeof value === 'string' ? type.getValue(value) : undefined
      if (chosen && isDeprecated(chosen)) yield String(chosen)
    } else if (isInputObjectType(type) && typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        const field = inputField(type, name)
        if (!field) continue
        if (isDeprecated(field)) yield String(field)
        waiting.push({ value: inner, type: field.type })
      }
    }
  }
}

function inputField(type: GraphQLInputType, name: string) {
  const object = getNamedType(type)
  return isInputObjectType(object) ? object.getFields()[name] : undefined
}

function isDeprecated({ deprecationReason }: Element): boolean {
  return deprecationReason != null
}
