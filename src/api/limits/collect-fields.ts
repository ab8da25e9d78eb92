import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql'

/** The variables as the client sent them. */
export type Variables = Readonly<Record<string, unknown>>

/** Returns the value of an argument for these variables; undefined if it is left out. */
export type ArgumentValue = (variables: Variables) => unknown

/** Reads the arguments of an operation's fields as written, without looking at their types. */
export class ArgumentValues {
  readonly #defaults = new Map<string, unknown>()

  constructor({ variableDefinitions = [] }: OperationDefinitionNode) {
    for (const { variable, defaultValue } of variableDefinitions) {
      if (defaultValue) this.#defaults.set(variable.name.value, valueFromASTUntyped(defaultValue))
    }
  }

  argument(field: Pick<FieldNode, 'arguments'>, name: string): ArgumentValue | undefined {
    const given = field.arguments?.find((argument) => argument.name.value === name)
    return given && this.#valueOf(given.value)
  }

  #valueOf(node: ValueNode): ArgumentValue {
    if (node.kind === Kind.VARIABLE) {
      const name = node.name.value
      return (variables) => (Object.hasOwn(variables, name) ? variables[name] : this.#defaults.get(name))
    }
    if (node.kind === Kind.LIST) {
      const items = node.values.map((value) => this.#valueOf(value))
      return (variables) => items.map((item) => item(variables))
    }
    if (node.kind === Kind.OBJECT) {
      const fields = node.fields.map(({ name, value }) => [name.value, this.#valueOf(value)] as const)
      return (variables) => Object.fromEntries(fields.map(([name, value]) => [name, value(variables)]))
    }
    const value = valueFromASTUntyped(node)
    return () => value
  }
}

/** Returns whether a field is selected for these variables. */
type Condition = (variables: Variables) => boolean

/** One field of the response, with all the places that select it. */
interface CollectedField {
  nodes: FieldNode[]
  /** Undefined if the field is always selected. */
  isSelected: Condition | undefined
}

/** The fields by their names in the response. */
export type CollectedFields = ReadonlyMap<string, CollectedField>

/** The definitions that the fields of an operation refer to. */
export interface Scope {
  schema: GraphQLSchema
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
  values: ArgumentValues
}

/**
 * Returns the fields that are selected of an object of this type, with those of fragments. Equal fields are
 * merged.
 */
export function collectFields(
  scope: Scope,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): CollectedFields {
  const fields = new Map<string, CollectedField>()
  const collect = (set: SelectionSetNode, outer: Condition | undefined) => {
    for (const selection of set.selections) {
      const condition = both(outer, conditionOf(scope, selection.directives))
      if (selection.kind === Kind.FIELD) {
        add(fields, selection, condition)
        continue
      }
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? scope.fragments.get(selection.name.value) : selection
      if (fragment && isFor(scope.schema, type, fragment.typeCondition)) {
        collect(fragment.selectionSet, condition)
      }
    }
  }
  for (const set of sets) collect(set, undefined)
  return fields
}

function add(fields: Map<string, CollectedField>, node: FieldNode, condition: Condition | undefined): void {
  const name = (node.alias ?? node.name).value
  const field = fields.get(name)
  if (!field) {
    fields.set(name, { nodes: [node], isSelected: condition })
    return
  }
  field.nodes.push(node)
  field.isSelected = either(field.isSelected, condition)
}

function isFor(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  condition: NamedTypeNode | undefined,
): boolean {
  if (!condition || condition.name.value === type.name) return true
  const abstract = schema.getType(condition.name.value)
  return isAbstractType(abstract) && schema.isSubType(abstract, type)
}

function conditionOf(
  { values }: Scope,
  directives: readonly DirectiveNode[] | undefined,
): Condition | undefined {
  let condition: Condition | undefined
  for (const directive of directives ?? []) {
    const when = values.argument(directive, 'if')
    if (!when) continue
    if (directive.name.value === 'include') condition = both(condition, isNot(when, false))
    else if (directive.name.value === 'skip') condition = both(condition, isNot(when, true))
  }
  return condition
}

function isNot(value: ArgumentValue, excluded: boolean): Condition {
  return (variables) => value(variables) !== excluded
}

function both(one: Condition | undefined, other: Condition | undefined): Condition | undefined {
  if (!one || !other) return one ?? other
  return (variables) => one(variables) && other(variables)
}

function either(one: Condition | undefined, other: Condition | undefined): Condition | undefined {
  return one && other && ((variables) => one(variables) || other(variables))
}
