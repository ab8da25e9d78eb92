import { ROLES, type Role } from '../../base/caller.ts'
import type { Viewer as ViewerShape } from '../auth/authenticated-session.ts'
import { builder, readsRequestTimeState } from './builder.ts'
import { valuesOf } from './enums.ts'

const DESCRIPTIONS = {
  VIEWER: 'May read and follow everything.',
  OPERATOR: 'May also start and stop refreshes and syncs.',
  ADMIN: 'May also change the inventory and decide which host keys are trusted.',
} as const satisfies Record<Role, string>

const RoleEnum = builder.enumType('Role', {
  description: 'The roles, from the least to the most powerful. Each includes the rights of those before it.',
  values: valuesOf(ROLES, DESCRIPTIONS),
})

const Viewer = builder.objectRef<ViewerShape>('Viewer').implement({
  description: 'The authenticated caller.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'The name of the token or user; `anonymous` if authentication is off.',
    }),
    role: t.expose('role', {
      type: RoleEnum,
      description: 'The role of the caller; ADMIN if authentication is off.',
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    description: 'The caller of this query.',
    extensions: readsRequestTimeState,
    resolve: (_root, _args, { viewer }) => viewer,
  }),
)
