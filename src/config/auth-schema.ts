import { z } from 'zod'
import { ROLES, type Role } from '../base/caller.ts'
import { mapping, oneOf, path, refuse, text, unusable, urlOfServer } from './values.ts'

const role = z
  .string(`one of ${ROLES.join(', ')}`)
  .transform((given, context): Role => {
    const found = ROLES.find((each) => each === given.toUpperCase())
    return found ?? unusable(context, given, `one of ${ROLES.join(', ')}`)
  })
  .meta({ values: ROLES.map((each) => `\`${each}\``).join(', ') })

const claim = text('the name of a claim such as role, or a path such as realm_access.roles')

const jwt = mapping({
  jwks: urlOfServer('holds a login; keys that check signatures are public, name a URL without one')
    .optional()
    .describe('The URL of the JSON Web Key Set with the public keys. Either this or `jwksFile` is needed.'),
  jwksFile: path.optional().describe('A file with that key set. It is read at the start.'),
  issuer: text('what the "iss" claim of the tokens says').describe('The claim `iss` that tokens must have.'),
  audience: text('what the "aud" claim of the tokens says').describe(
    'The claim `aud` that tokens must have.',
  ),
  roleClaim: claim
    .prefault('role')
    .describe('The claim with the role or roles: a name, or a path such as `realm_access.roles`.'),
  nameClaim: claim.prefault('sub').describe('The claim with the name of the caller, also a name or a path.'),
  roles: z
    .record(text('a value of the role claim'), role, 'a mapping of values to roles')
    .optional()
    .describe('The role for each value of the role claim. Without it, the claim names the roles themselves.'),
}).superRefine(({ jwks, jwksFile }, context) => {
  if ((jwks === undefined) === (jwksFile === undefined)) {
    refuse(context, [], 'needs "jwks" or "jwksFile", and not both')
  }
})

export const auth = mapping({
  mode: oneOf(['none', 'tokens', 'jwt'])
    .prefault('none')
    .describe(
      'How callers authenticate: not at all, with tokens of Rollcall, or with JWTs of another issuer.',
    ),
  jwt: jwt.optional().describe('How JWTs are checked. It is needed with `mode: jwt` and allowed only there.'),
}).superRefine(({ mode, jwt }, context) => {
  if (mode === 'jwt' && jwt === undefined) {
    refuse(context, ['mode'], 'is jwt, which needs "auth.jwt" beside it')
  }
  // A person who configures JWTs expects them to be required, and they would not be.
  if (mode !== 'jwt' && jwt !== undefined) {
    refuse(context, ['jwt'], `goes with "auth.mode: jwt" only, and that is ${mode}`)
  }
})

/** How callers authenticate, with the keys of JWTs resolved. */
export type AuthConfig = { mode: 'none' } | { mode: 'tokens' } | ({ mode: 'jwt' } & JwtConfig)

export type JwtConfig = Omit<z.output<typeof jwt>, 'jwks' | 'jwksFile' | 'roles'> & {
  /** The public keys of the issuer: the URL to fetch them from, or the keys themselves. */
  keys: { url: string } | { set: { keys: { kty: string }[] } }
  /** Null: the claim holds the names of the roles, in any case. */
  roles: Record<string, Role> | null
}
