import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type NamedTypeNode,
  type SelectionSetNode,
} from 'graphql'
import type { ArgumentValue, ArgumentValues, Variables } from './argument-values.ts'

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
