import type { AuthFailure as ScopeFailure } from '@pothos/plugin-scope-auth'
import { RollcallError } from '../../base/errors.ts'
import { type Role, roleCovers } from '../../base/role.ts'
import type { Viewer } from './authenticated-session.ts'

/** Of a mutation: who may run it, enforced before it is run and told at the beginning of its description. */
export function requiresRole(role: Role, description: string) {
  return { authScopes: { role }, description: `${role}. ${description}` }
}

/** What the schema asks of whoever runs an operation. */
export interface AuthScopes {
  role: Role
}

export function scopesOf({ viewer }: { viewer: Viewer }) {
  return { role: (needed: Role) => roleCovers(viewer.role, needed) }
}

/** For a field whose scope was not met. */
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
