import type { GraphQLField } from 'graphql'

/**
 * The mark, in the `extensions` of a field, that its value depends on more than the database, its arguments
 * and the caller's role: on the clock, on the gateway's own state, or on who asks. The answer to an operation
 * with such a field is never shared. A test compares the marks with what the resolvers read.
 */
export const readsRequestTimeState = { readsRequestTimeState: true }

/** Whether the field has the mark. */
export function mayReadRequestTimeState({ extensions }: GraphQLField<unknown, unknown>): boolean {
  return (extensions as { readsRequestTimeState?: boolean }).readsRequestTimeState ?? false
}
