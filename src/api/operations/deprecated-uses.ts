import {
  type DocumentNode,
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

/** A field, an argument, an input field or an enum value; as text its schema coordinate, `Query.devices(first:)`. */
interface Element {
  deprecationReason?: string | null | undefined
  toString(): string
}

/** What one operation uses whatever its variables are, and the variables that may hold more of it. */
export interface OperationUses {
  coordinates: ReadonlySet<string>
  variables: { name: string; type: GraphQLInputType }[]
}

/** What is deprecated in the schema, by schema coordinate. */
export function deprecatedCoordinates(schema: GraphQLSchema): string[] {
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

/** By the name of the operation, '' where it has none. The document is valid. */
export function usesOfOperations(schema: GraphQLSchema, document: DocumentNode): Map<string, OperationUses> {
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

/** What a variable of this type holds, as the client sent it: it may be of any shape. */
export function* usesInValue(value: unknown, type: GraphQLInputType): Generator<string> {
  const given = getNullableType(type)
  if (isListType(given)) {
    for (const item of Array.isArray(value) ? value : [value]) yield* usesInValue(item, given.ofType)
  } else if (isEnumType(given)) {
    const chosen = typeof value === 'string' ? given.getValue(value) : undefined
    if (chosen && isDeprecated(chosen)) yield String(chosen)
  } else if (isInputObjectType(given) && typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      const field = inputField(given, name)
      if (!field) continue
      if (isDeprecated(field)) yield String(field)
      yield* usesInValue(inner, field.type)
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
