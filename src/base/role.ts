/** What a caller may do, the least first: read; act on refreshes; change the inventory and what is trusted. */
export const ROLES = ['VIEWER', 'OPERATOR', 'ADMIN'] as const
export type Role = (typeof ROLES)[number]

/** Whether who has the one role may do what needs the other: each may do what those before it may. */
export function roleCovers(has: Role, needs: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needs)
}
