import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import { viewerNameProblem } from '../../base/viewer-name.ts'
import type { JwtConfig } from '../../config/schema.ts'
import { claimAt, roleOf } from './jwt-claims.ts'
import { jwtKeys, KeysUnavailable } from './jwt-keys.ts'
import { type Admittance, INVALID, type Scheme } from './scheme.ts'

/** Those with a public key alone: with one of the others, whoever can check a token could make one. */
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

/** How far the clocks of the issuer and of this machine may differ. */
const CLOCK_TOLERANCE_S = 5

/** JWTs of somebody who issues them. Every one must say until when it is good. */
export function jwtScheme(config: JwtConfig, options: { clock: Clock; log: Logger }): Scheme {
  const keys = jwtKeys(config.keys, options)
  return async (token) => {
    const verified = await verify(token, keys, config, options.clock)
    return 'claims' in verified ? admit(verified.claims, config) : verified
  }
}

async function verify(
  token: string,
  keys: JWTVerifyGetKey,
  { issuer, audience }: JwtConfig,
  clock: Clock,
): Promise<{ claims: JWTPayload } | Admittance> {
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
  } catch (failure) {
    if (failure instanceof errors.JWTExpired) {
      return { refusal: { reason: 'EXPIRED', message: 'The token has expired.' } }
    }
    // A key set with a key that is none to check with is the issuer's doing, or the configuration's.
    if (failure instanceof KeysUnavailable || failure instanceof errors.JWKSInvalid) throw failure
    if (failure instanceof errors.JOSEError) return INVALID
    throw failure
  }
}

function admit(claims: JWTPayload, { roleClaim, nameClaim, roles }: JwtConfig): Admittance {
  const name = claimAt(claims, nameClaim)
  if (typeof name !== 'string' || viewerNameProblem(name) !== null) {
    return { refusal: { reason: 'INVALID', message: 'The token names nobody that Rollcall could know.' } }
  }
  const role = roleOf(claimAt(claims, roleClaim), roles)
  if (role === null) {
    return { refusal: { reason: 'NO_ROLE', message: 'The token is good, but gives no role in Rollcall.' } }
  }
  const expiresAt = ((claims.exp ?? 0) + CLOCK_TOLERANCE_S) * 1_000
  return { admission: { viewer: { name, role }, tokenId: null, expiresAt } }
}
