import type { AuthFailure as ScopeFailure } from '@pothos/plugin-scope-auth'
import { type Role, roleCovers } from '../../base/caller.ts'
import { RollcallError } from '../../base/errors.ts'
import type { Viewer } from './authenticated-session.ts'

/**
 * The options of a mutation that needs a role. The role is checked before it runs and opens its description.
 */
export function requiresRole(role: Role, description: string) {
  return { authScopes: { role }, description: `${role}. ${description}` }
}

/** The requirements that the schema can place on a caller. */
export interface AuthScopes {
  role: Role
}

export function scopesOf({ viewer }: { viewer: Viewer }) {
  return { role: (needed: Role) => roleCovers(viewer.role, needed) }
}

/** Returns the error for a field that the caller's role does not allow. */
export function forbidden(
  { viewer }: { viewer: Viewer },
  field: string,
  failure: ScopeFailure,
): RollcallError {
  return new RollcallError(
    'FORBIDDEN',
    `"${field}" needs the role ${neededOf(failure)}, and ${viewer.name} has ${viewer.role}.`,
  )
}

function neededOf(failure: ScopeFailure | undefined): string {
  if (failure === undefined) return 'of somebody else'
  if ('failures' in failure) return neededOf(failure.failures[0])
  return 'parameter' in failure ? String(failure.parameter) : neededOf(undefined)
}
