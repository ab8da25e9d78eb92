import { exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { startApi } from '../../support/api-server.ts'
import { type Answer, post } from '../../support/graphql-answer.ts'
import { HandClock } from '../../support/hand-clock.ts'
import { AUDIENCE, ISSUER, jwtAuth, newKey, sign, startIssuer } from '../../support/jwt-issuer.ts'
import { bearer } from '../../support/tokens.ts'

const NOW = Date.UTC(2026, 10, 21)
const SECONDS = NOW / 1_000
const WHO = '{ viewer { name role } }'

async function guardedApi(more: Parameters<typeof jwtAuth>[1] = {}) {
  const key = await newKey('one')
  const issuer = await startIssuer([key])
  const clock = new HandClock(NOW)
  const api = await startApi([], { auth: jwtAuth(issuer.url, more), clock })
  /** `NAME ROLE` of whom the token stands for, or the status and the code of the refusal. */
  const who = async (token: string): Promise<string> => {
    const response = await post(api.url, WHO, {}, bearer(token))
    const { data, errors } = (await response.json()) as Answer<{ viewer: { name: string; role: string } }>
    if (data) return `${data.viewer.name} ${data.viewer.role}`
    return `${response.status} ${errors?.[0]?.extensions.code}`
  }
  return { key, issuer, clock, api, who }
}

describe('a JWT', () => {
  it('identifies the caller and the role, once the keys are fetched', async () => {
    const { key, issuer, who } = await guardedApi()
    const rsa = await newKey('two', 'RS256')
    const ed = await newKey('three', 'EdDSA')
    issuer.keys = [key, rsa, ed]
    expect(await who(await sign(key, NOW))).toBe('ann VIEWER')
    expect(await who(await sign(rsa, NOW, { sub: 'bob', role: 'Operator' }))).toBe('bob OPERATOR')
    expect(await who(await sign(ed, NOW, { role: ['user', 'ADMIN', 'viewer'] }))).toBe('ann ADMIN')
    for (const role of ['adm\u0131n', 'v\u0131ewer', 'ADMIN ']) {
      expect([role, await who(await sign(key, NOW, { role }))]).toEqual([role, '403 FORBIDDEN'])
    }
    expect(issuer.requests).toBe(1)
  })

  it('has its role and name in the claims that the configuration names', async () => {
    const { key, who } = await guardedApi({
      roleClaim: 'realm_access.roles',
      nameClaim: 'https://example.org/user.name',
      roles: { netops: 'OPERATOR', 'net.admins': 'ADMIN' },
    })
    const named = { 'https://example.org/user.name': 'Ann' }
    const withRoles = (roles: unknown) => sign(key, NOW, { ...named, realm_access: { roles } })
    expect(await who(await withRoles(['users', 'netops']))).toBe('Ann OPERATOR')
    expect(await who(await withRoles(['net.admins', 'netops']))).toBe('Ann ADMIN')
    for (const roles of [['ADMIN'], 'NetOps', [], null, 5, { netops: true }, ['constructor'], '__proto__']) {
      expect([roles, await who(await withRoles(roles))]).toEqual([roles, '403 FORBIDDEN'])
    }
  })

  it('is refused if something is missing or wrong, and is not logged', async () => {
    const { key, api, who } = await guardedApi()
    const other = await newKey('one')
    const refused: Record<string, string> = {
      'of another issuer': await sign(key, NOW, { iss: 'https://evil.example/' }),
      'for another audience': await sign(key, NOW, { aud: ['wiki', 'mail'] }),
      'that has expired': await sign(key, NOW, { exp: SECONDS - 6 }),
      'that never expires': await sign(key, NOW, { exp: undefined }),
      'that is not good yet': await sign(key, NOW, { nbf: SECONDS + 60 }),
      'of another key with the same id': await sign(other, NOW),
      'that was changed': (await sign(key, NOW)).replace(/\.[^.]+\./, `.${encode({ role: 'ADMIN' })}.`),
      'that is none': 'abc.def.ghi',
      'for nobody': await sign(key, NOW, { sub: undefined }),
      'for a name that is a list': await sign(key, NOW, { sub: ['ann'] }),
      'for one of the gateway itself': await sign(key, NOW, { sub: 'source:global' }),
      'for a name with a line feed': await sign(key, NOW, { sub: 'ann\nbob' }),
    }
    const found = await Promise.all(
      Object.entries(refused).map(async ([what, token]) => [what, await who(token)]),
    )
    expect(found).toEqual(Object.keys(refused).map((what) => [what, '401 UNAUTHENTICATED']))
    const log = JSON.stringify(api.logged)
    for (const token of Object.values(refused)) expect(log).not.toContain(token.slice(0, 20))
    expect(await who(await sign(key, NOW, { exp: SECONDS - 3 }))).toBe('ann VIEWER')
  })

  it('must be signed with a private key', async () => {
    const { key, issuer, who } = await guardedApi()
    const rsa = await newKey('two', 'RS256')
    issuer.keys = [key, rsa]
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'eve', role: 'ADMIN', exp: SECONDS + 300 }
    const publicKey = await importJWK({ ...rsa.jwk, ext: true }, 'RS256', { extractable: true })
    const secret = new TextEncoder().encode(await exportSPKI(publicKey as CryptoKey))
    const forged = [
      new UnsecuredJWT(claims).encode(),
      `${encode({ alg: 'none', kid: 'one' })}.${encode(claims)}.`,
      // A server that takes the algorithm from the token would check it with the public key as the secret.
      await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'two' }).sign(secret),
      // One that takes the key from the token would take any.
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', jwk: (await newKey('mine')).jwk })
        .sign((await newKey('mine')).privateKey),
    ]
    for (const token of forged) expect(await who(token)).toBe('401 UNAUTHENTICATED')
  })

  it('with a valid name and without a role is FORBIDDEN', async () => {
    const { key, api } = await guardedApi()
    const response = await post(api.url, WHO, {}, bearer(await sign(key, NOW, { role: 'guest' })))
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      403,
      'Bearer realm="rollcall", error="insufficient_scope"',
    ])
    expect(await response.json()).toEqual({
      errors: [
        {
          message: 'The token is valid but gives no role in Rollcall.',
          extensions: { code: 'FORBIDDEN' },
        },
      ],
    })
  })
})

describe('the keys that sign JWTs', () => {
  it('are fetched again for an unknown key, but not for each made-up one', async () => {
    const { key, issuer, clock, who } = await guardedApi()
    const next = await newKey('next')
    expect(await who(await sign(key, NOW))).toBe('ann VIEWER')
    issuer.keys = [next]
    expect(await who(await sign(next, NOW))).toBe('401 UNAUTHENTICATED')
    expect(issuer.requests).toBe(1)
    clock.advance(30_001)
    expect(await who(await sign(next, NOW))).toBe('ann VIEWER')
    // The old one went with it.
    expect(await who(await sign(key, NOW))).toBe('401 UNAUTHENTICATED')
    expect(issuer.requests).toBe(2)
  })

  it('are accepted for ten minutes after they were withdrawn', async () => {
    const { key, issuer, clock, who } = await guardedApi()
    const next = await newKey('next')
    const [token, fresh] = await Promise.all(
      [key, next].map((each) => sign(each, NOW, { exp: SECONDS + 10_000 })),
    )
    expect(await who(token ?? '')).toBe('ann VIEWER')
    issuer.keys = [next]
    clock.advance(600_001)
    // Nobody waits for what is fetched again.
    expect(await who(token ?? '')).toBe('ann VIEWER')
    expect(await who(fresh ?? '')).toBe('ann VIEWER')
    expect(await who(token ?? '')).toBe('401 UNAUTHENTICATED')
    expect(issuer.requests).toBe(2)
  })

  it('are fetched again after a failure even if the clock was set back', async () => {
    const { key, issuer, clock, who } = await guardedApi()
    issuer.answer = { status: 500, body: 'Oops' }
    const token = await sign(key, NOW, { exp: SECONDS + 10_000 })
    expect(await who(token)).toBe('503 UNAVAILABLE')
    issuer.answer = null
    clock.setBack(60_000)
    clock.advance(5_000)
    expect(await who(token)).toBe('ann VIEWER')
  })

  it('are used for an hour while they cannot be fetched', async () => {
    const { key, issuer, clock, api, who } = await guardedApi()
    const token = await sign(key, NOW, { exp: SECONDS + 10_000 })
    expect(await who(token)).toBe('ann VIEWER')
    issuer.answer = { status: 500, body: 'Oops' }
    clock.advance(59 * 60_000)
    expect(await Promise.all([who(token), who(token)])).toEqual(['ann VIEWER', 'ann VIEWER'])
    await expect.poll(() => api.logged).toHaveLength(1)
    expect(await who(token)).toBe('ann VIEWER')
    expect(api.logged).toEqual([
      expect.objectContaining({ msg: expect.stringMatching(/^the keys .* the server answered with 500$/) }),
    ])
    clock.advance(61_000)
    expect(await who(token)).toBe('503 UNAVAILABLE')
    issuer.answer = null
    clock.advance(5_000)
    expect(await who(token)).toBe('ann VIEWER')
  })

  it.each([
    ['a failure', 500, 'Oops', /the server answered with 500/],
    ['a way to elsewhere', 302, '', /the server answered with 302/],
    ['no JSON', 200, '<html>', /JSON/],
    ['no key set', 200, '{"keys":5}', /JSON Web Key Set malformed/],
    ['too much', 200, `{"keys":[],"x":"${'x'.repeat(1024 * 1024)}"}`, /larger than 1048576 bytes/],
  ])("that are unavailable (%s) are not the client's fault", async (_what, status, body, problem) => {
    const { key, issuer, clock, api, who } = await guardedApi()
    issuer.answer = { status, body }
    const token = await sign(key, NOW)
    expect(await Promise.all([who(token), who(token)])).toEqual(['503 UNAVAILABLE', '503 UNAVAILABLE'])
    expect(await who(token)).toBe('503 UNAVAILABLE')
    expect(issuer.requests).toBe(1)
    expect(api.logged).toEqual([
      expect.objectContaining({ msg: expect.stringMatching(problem), errorId: expect.any(String) }),
    ])
    expect(api.logged[0]?.msg).toContain(issuer.url)
    clock.advance(5_000)
    const responses = await Promise.all([1, 2].map(() => post(api.url, WHO, {}, bearer(token))))
    const told = await Promise.all(responses.map((response) => response.text()))
    expect(api.logged).toHaveLength(2)
    for (const text of told) expect(text).toContain(String(api.logged[1]?.errorId))
    issuer.answer = null
    clock.advance(5_000)
    expect(await who(token)).toBe('ann VIEWER')
  })

  it('may be in a file', async () => {
    const key = await newKey('one')
    const clock = new HandClock(NOW)
    const keys = { set: { keys: [{ kty: 'EC', ...key.jwk }] } }
    const { url } = await startApi([], { auth: jwtAuth('', { keys }), clock })
    const asked = async (token: string) => (await post(url, WHO, {}, bearer(token))).status
    expect(await asked(await sign(key, NOW))).toBe(200)
    expect(await asked(await sign(await newKey('two'), NOW))).toBe(401)
  })
})

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
