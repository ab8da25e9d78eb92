import { type GraphQLField, type GraphQLNamedType, isIntrospectionType } from 'graphql'

/** How many items a list has: a number to assume, or as many as the list in the argument of this name. */
export type ListSize = number | { argument: string }

/** What a field of the schema says of its cost, in its `extensions`. */
interface FieldCost {
  listSize?: ListSize
  weight?: number
  readsAllDevices?: boolean
}

/** For the `extensions` of a field that is a list. */
export function listSize(size: ListSize): { listSize: ListSize } {
  return { listSize: size }
}

/** For the `extensions` of a field that costs more than what it gives: a count over many rows, for example. */
export function weight(added: number): { weight: number } {
  return { weight: added }
}

/** For the `extensions` of a field at the root that reads all devices. */
export const readsAllDevices = { readsAllDevices: true }

/** Of the lists with which a client asks for the schema. Its types are at most a hundred, most of them small. */
const INTROSPECTION_SIZES: Readonly<Record<string, number>> = {
  types: 100,
  directives: 10,
  fields: 8,
  args: 1,
  inputFields: 3,
  enumValues: 4,
  possibleTypes: 2,
  interfaces: 1,
}

export function listSizeOf(
  parent: GraphQLNamedType,
  field: GraphQLField<unknown, unknown>,
): ListSize | undefined {
  if (isIntrospectionType(parent)) return INTROSPECTION_SIZES[field.name]
  return (field.extensions as FieldCost).listSize
}

export function weightOf(field: GraphQLField<unknown, unknown>): number {
  return (field.extensions as FieldCost).weight ?? 0
}

export function allDevicesAreReadBy(field: GraphQLField<unknown, unknown>): boolean {
  return (field.extensions as FieldCost).readsAllDevices ?? false
}
