import { type GraphQLField, type GraphQLNamedType, isIntrospectionType } from 'graphql'

/** The number of items on a page of a connection. */
export const DEFAULT_PAGE_SIZE = 100
export const MAX_PAGE_SIZE = 1_000

/**
 * The assumed number of items of a list: a number, or the length of the list in the argument of this name.
 */
export type ListSize = number | { argument: string }

/** The part of a field's `extensions` that states its cost. */
interface FieldCost {
  listSize?: ListSize
  weight?: number
  readsAllDevices?: boolean
}

/** The `extensions` of a list field. */
export function listSize(size: ListSize): { listSize: ListSize } {
  return { listSize: size }
}

/** The `extensions` of a field that costs more than its result, for example a count over many rows. */
export function weight(added: number): { weight: number } {
  return { weight: added }
}

/** The `extensions` of a root field that reads all devices. */
export const readsAllDevices = { readsAllDevices: true }

/** The sizes of introspection lists. The schema has at most a hundred types, most of them small. */
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
