/**
 * The roles, from the weakest up: VIEWER reads, OPERATOR runs refreshes, ADMIN changes the inventory and what
 * is trusted.
 */
export const ROLES = ['VIEWER', 'OPERATOR', 'ADMIN'] as const
export type Role = (typeof ROLES)[number]

/** Tells whether a role includes another. Each role includes those before it. */
export function roleCovers(has: Role, needs: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needs)
}

const LONGEST = 200

/**
 * The actors in the change log that are the gateway itself, or a person at a command on the database. No
 * caller of the API may have such a name.
 */
const RESERVED = /^(?:source:.*|cli|cli:.*|refresh|known-hosts|manual|anonymous)$/i

/** Returns what is wrong with the name of a caller, as the predicate of a sentence; null if nothing is. */
export function viewerNameProblem(name: unknown): string | null {
  if (typeof name !== 'string' || name.trim() === '') return 'is no text'
  if (name.length > LONGEST) return `is longer than ${LONGEST} characters`
  if (/\p{C}/u.test(name) || name.trim() !== name) return 'has characters that do not show'
  return RESERVED.test(name) ? 'is reserved by Rollcall' : null
}
