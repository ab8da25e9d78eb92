import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import { onTestFinished } from 'vitest'
import type { AuthConfig } from '../../src/config/schema.ts'

export const ISSUER = 'https://login.example.org/'
export const AUDIENCE = 'rollcall'

/** A private key that signs, and its public half as a key set has it. */
export interface SigningKey {
  alg: string
  privateKey: CryptoKey
  jwk: JWK
}

export async function newKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

/** A token that is good for five minutes from `now` on, epoch milliseconds, but for what is given. */
export async function sign(
  { alg, privateKey, jwk }: SigningKey,
  now: number,
  claims: Record<string, unknown> = {},
): Promise<string> {
  const seconds = Math.floor(now / 1_000)
  const payload = { iss: ISSUER, aud: AUDIENCE, sub: 'ann', role: 'viewer', exp: seconds + 300, ...claims }
  return await new SignJWT(payload as JWTPayload)
    .setProtectedHeader({ alg, kid: jwk.kid ?? '' })
    .sign(privateKey)
}

/** A server of key sets, closed with the test. */
export async function startIssuer(keys: readonly SigningKey[]) {
  const issuer = {
    url: '',
    /** What is served from now on. */
    keys,
    /** In place of the keys, where it is not null. */
    answer: null as { status: number; body: string } | null,
    requests: 0,
  }
  const server = createServer((_request, response) => {
    issuer.requests += 1
    const set = JSON.stringify({ keys: issuer.keys.map(({ jwk }) => jwk) })
    response.writeHead(issuer.answer?.status ?? 200, { 'content-type': 'application/json' })
    response.end(issuer.answer?.body ?? set)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  issuer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return issuer
}

/** A configuration that trusts the keys of this URL. */
export function jwtAuth(url: string, more: Partial<Extract<AuthConfig, { mode: 'jwt' }>> = {}): AuthConfig {
  return {
    mode: 'jwt',
    keys: { url },
    issuer: ISSUER,
    audience: AUDIENCE,
    roleClaim: 'role',
    nameClaim: 'sub',
    roles: null,
    ...more,
  }
}
