import { ROLES, type Role } from '../../base/role.ts'
import type { Viewer as ViewerShape } from '../auth/authenticated-session.ts'
import { builder } from './builder.ts'
import { valuesOf } from './enums.ts'
import { readsRequestTimeState } from './request-time-state.ts'

const DESCRIPTIONS = {
  VIEWER: 'May read and follow everything.',
  OPERATOR: 'May start and stop refreshes and syncs as well.',
  ADMIN: 'May also decide what is in the inventory, and which host keys are trusted.',
} as const satisfies Record<Role, string>

const RoleEnum = builder.enumType('Role', {
  description: 'What somebody may do, the least first. Each may do what those before it may.',
  values: valuesOf(ROLES, DESCRIPTIONS),
})

const Viewer = builder.objectRef<ViewerShape>('Viewer').implement({
  description: 'Whoever asks.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: "The token's or user's name; `anonymous` where authentication is off.",
    }),
    role: t.expose('role', { type: RoleEnum, description: 'ADMIN where authentication is off.' }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    description: 'Whom Rollcall takes you for.',
    extensions: readsRequestTimeState,
    resolve: (_root, _args, { viewer }) => viewer,
  }),
)
