import { z } from 'zod'
import { ROLES, type Role } from '../base/role.ts'
import { AUTH_MODES } from './schema.ts'
import { isLoopbackHost, mapping, path, text, urlOfServer } from './values.ts'

const role = z.string(`one of ${ROLES.join(', ')}`).transform((given, context): Role => {
  const found = ROLES.find((each) => each === given.toUpperCase())
  if (found !== undefined) return found
  context.issues.push({ code: 'custom', message: `one of ${ROLES.join(', ')}`, input: given })
  return z.NEVER
})

const claim = text('the name of a claim such as role, or a path such as realm_access.roles')

const jwt = mapping({
  jwks: urlOfServer(
    'holds a login; keys that check signatures are public, name a URL without one',
  ).optional(),
  jwksFile: path.optional(),
  issuer: text('what the "iss" claim of the tokens says'),
  audience: text('what the "aud" claim of the tokens says'),
  roleClaim: claim.optional(),
  nameClaim: claim.optional(),
  roles: z.record(text('a value of the role claim'), role, 'a mapping of values to roles').optional(),
}).superRefine(({ jwks, jwksFile }, context) => {
  if ((jwks === undefined) !== (jwksFile === undefined)) return
  const message = 'needs "jwks" or "jwksFile", and not both'
  context.addIssue({ code: 'custom', message, params: { predicate: true } })
})

/** Who may use the API; which keys go with which mode. */
export const auth = mapping({
  mode: z.enum(AUTH_MODES, `one of ${AUTH_MODES.join(', ')}`),
  jwt: jwt.optional(),
}).superRefine(({ mode, jwt }, context) => {
  const complain = (key: string, message: string) =>
    context.addIssue({ code: 'custom', path: [key], message, params: { predicate: true } })
  if (mode === 'jwt' && jwt === undefined) complain('mode', 'is jwt, which needs "auth.jwt" beside it')
  // Who describes tokens means them to be asked for, and they would not be.
  if (mode !== 'jwt' && jwt !== undefined)
    complain('jwt', `goes with "auth.mode: jwt" only, and that is ${mode}`)
})

export const AUTH_DEFAULTS = { mode: 'none' } as const satisfies z.input<typeof auth>

/** Of a whole configuration: where everybody is let in, nobody but who is at the machine may come. */
export function refuseOpenHost(
  { server: { host }, auth: { mode } }: { server: { host: string }; auth: { mode: string } },
  context: z.core.$RefinementCtx,
): void {
  if (mode !== 'none' || isLoopbackHost(host)) return
  const message = `is ${JSON.stringify(host)}; any address but a loopback one (127.0.0.1, ::1, localhost) needs "auth.mode" to be tokens or jwt, and that is none`
  context.addIssue({ code: 'custom', path: ['server', 'host'], message, params: { predicate: true } })
}
