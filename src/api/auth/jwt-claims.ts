import { ROLES, type Role, roleCovers } from '../../base/role.ts'

type Claims = Readonly<Record<string, unknown>>

/**
 * The claim of this name, or else what a path of names with dots between them leads to: `realm_access.roles`. The name
 * comes first, for there are claims that are called `https://example.com/role`.
 */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? Reflect.get(value, key)
          : undefined,
      claims,
    )
}

/** The highest role that a claim gives, which is a text or a list of texts; null where it gives none. */
export function roleOf(claim: unknown, roles: Readonly<Record<string, Role>> | null): Role | null {
  const given = Array.isArray(claim) ? claim : [claim]
  return given.reduce<Role | null>((highest, value) => {
    const role = typeof value === 'string' ? roleCalled(value, roles) : null
    return role !== null && (highest === null || roleCovers(role, highest)) ? role : highest
  }, null)
}

function roleCalled(value: string, roles: Readonly<Record<string, Role>> | null): Role | null {
  if (roles !== null) return Object.hasOwn(roles, value) ? (roles[value] ?? null) : null
  // Beyond ASCII, there are other letters that have the same ones in upper case.
  return ROLES.find((role) => /^[a-z]+$/i.test(value) && role === value.toUpperCase()) ?? null
}
