import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { ROLES, type Role, roleCovers, viewerNameProblem } from '../../base/caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { JwtConfig } from '../../config/schema.ts'
import { type AuthResult, type AuthScheme, INVALID_TOKEN } from './auth-result.ts'
import { jwtKeys, KeysUnavailable } from './jwt-keys.ts'

/** The asymmetric algorithms. With a symmetric one, everybody who can check a token could also sign one. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

/** The difference that is allowed between the clocks of the issuer and of this machine. */
const CLOCK_TOLERANCE_S = 5

/** Accepts the JWTs of the configured issuer. A JWT must have an expiry (`exp`). */
export function jwtScheme(config: JwtConfig, options: { clock: Clock; log: Logger }): AuthScheme {
  const keys = jwtKeys(config.keys, options)
  return async (token) => {
    const verified = await verify(token, keys, config, options.clock)
    return 'claims' in verified ? sessionOf(verified.claims, config) : verified
  }
}

async function verify(
  token: string,
  keys: JWTVerifyGetKey,
  { issuer, audience }: JwtConfig,
  clock: Clock,
): Promise<{ claims: JWTPayload } | AuthResult> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(clock.now()),
    })
    return { claims: payload }
  } catch (error) {
    if (error instanceof errors.JWTExpired) {
      return { failure: { reason: 'EXPIRED', message: 'The token has expired.' } }
    }
    // A key set with an unusable key is a fault of the issuer or of the configuration, not of the client.
    if (error instanceof KeysUnavailable || error instanceof errors.JWKSInvalid) throw error
    if (error instanceof errors.JOSEError) return INVALID_TOKEN
    throw error
  }
}

function sessionOf(claims: JWTPayload, { roleClaim, nameClaim, roles }: JwtConfig): AuthResult {
  const name = claimAt(claims, nameClaim)
  if (typeof name !== 'string' || viewerNameProblem(name) !== null) {
    return { failure: { reason: 'INVALID', message: 'The token has no valid user name.' } }
  }
  const role = roleOf(claimAt(claims, roleClaim), roles)
  if (role === null) {
    return { failure: { reason: 'NO_ROLE', message: 'The token is valid but gives no role in Rollcall.' } }
  }
  const expiresAt = ((claims.exp ?? 0) + CLOCK_TOLERANCE_S) * 1_000
  return { session: { viewer: { name, role }, tokenId: null, expiresAt } }
}

/**
 * Returns the claim of this name, or else the value at this path of names with dots between them, for example
 * `realm_access.roles`. The name comes first, because some claims are named `https://example.com/role`.
 */
function claimAt(claims: JWTPayload, path: string): unknown {
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

/** Returns the highest role in a claim, which is a text or a list of texts; null if there is none. */
function roleOf(claim: unknown, roles: Readonly<Record<string, Role>> | null): Role | null {
  const given = Array.isArray(claim) ? claim : [claim]
  return given.reduce<Role | null>((highest, value) => {
    const role = typeof value === 'string' ? roleNamed(value, roles) : null
    return role !== null && (highest === null || roleCovers(role, highest)) ? role : highest
  }, null)
}

function roleNamed(value: string, roles: Readonly<Record<string, Role>> | null): Role | null {
  if (roles !== null) return Object.hasOwn(roles, value) ? (roles[value] ?? null) : null
  // Some letters beyond ASCII have an upper case within ASCII, such as the dotless i.
  return ROLES.find((role) => /^[a-z]+$/i.test(value) && role === value.toUpperCase()) ?? null
}
