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
