import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RollcallError } from '../../src/base/errors.ts'
import type { Config } from '../../src/config/schema.ts'
import { useConfigFile } from './support/config-file.ts'

const file = useConfigFile()

async function load(content: string, env: NodeJS.ProcessEnv = {}): Promise<Config> {
  return await file.load(content, { env })
}

/** The sentences with which a configuration is refused, the file's folder and name left out. */
async function problemsOf(content: string): Promise<string[]> {
  try {
    await load(content)
  } catch (thrown) {
    if (!(thrown instanceof RollcallError)) throw thrown
    return file.withoutFolder(thrown.message).replaceAll('rollcall.yaml:1: ', '').split('\n')
  }
  throw new Error('It was not refused.')
}

const KEYS = 'jwks: https://login.example.org/keys'
const JWT = `${KEYS}, issuer: "https://login.example.org/", audience: rollcall`

describe('authentication', () => {
  it('is off by default, and is turned on in the file or the environment', async () => {
    expect((await load('')).auth).toEqual({ mode: 'none' })
    expect((await load('auth: { mode: tokens }')).auth).toEqual({ mode: 'tokens' })
    expect((await load('', { ROLLCALL_AUTH_MODE: 'tokens' })).auth).toEqual({ mode: 'tokens' })
  })

  it('by JWT needs few keys', async () => {
    expect((await load(`auth: { mode: jwt, jwt: { ${JWT} } }`)).auth).toEqual({
      mode: 'jwt',
      keys: { url: 'https://login.example.org/keys' },
      issuer: 'https://login.example.org/',
      audience: 'rollcall',
      roleClaim: 'role',
      nameClaim: 'sub',
      roles: null,
    })
  })

  it('by JWT can read the keys from a file, and the roles from any claim', async () => {
    const set = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AAAA', kid: 'one' }] }
    await writeFile(join(file.folder, 'keys.json'), JSON.stringify(set))
    const jwt =
      'jwksFile: ./keys.json, issuer: a, audience: b, roleClaim: realm_access.roles, nameClaim: email, roles: { netops: operator, "CN=noc": VIEWER }'
    expect((await load(`auth: { mode: jwt, jwt: { ${jwt} } }`)).auth).toEqual({
      mode: 'jwt',
      keys: { set },
      issuer: 'a',
      audience: 'b',
      roleClaim: 'realm_access.roles',
      nameClaim: 'email',
      roles: { netops: 'OPERATOR', 'CN=noc': 'VIEWER' },
    })
  })

  it.each([
    ['auth: { mode: basic }', '"auth.mode" must be one of none, tokens, jwt, not "basic".'],
    ['auth: { mode: jwt }', '"auth.mode" is jwt, which needs "auth.jwt" beside it.'],
    [
      `auth: { mode: tokens, jwt: { ${JWT} } }`,
      '"auth.jwt" goes with "auth.mode: jwt" only, and that is tokens.',
    ],
    [`auth: { jwt: { ${JWT} } }`, '"auth.jwt" goes with "auth.mode: jwt" only, and that is none.'],
    [
      `auth: { mode: jwt, jwt: { ${KEYS}, audience: a } }`,
      '"auth.jwt.issuer" is missing; it must be what the "iss" claim of the tokens says.',
    ],
    [
      'auth: { mode: jwt, jwt: { issuer: a, audience: b } }',
      '"auth.jwt" needs "jwks" or "jwksFile", and not both.',
    ],
    [
      `auth: { mode: jwt, jwt: { ${JWT}, jwksFile: keys.json } }`,
      '"auth.jwt" needs "jwks" or "jwksFile", and not both.',
    ],
    [
      `auth: { mode: jwt, jwt: { ${JWT}, roles: { netops: ROOT } } }`,
      '"auth.jwt.roles.netops" must be one of VIEWER, OPERATOR, ADMIN, not "ROOT".',
    ],
    [
      `auth: { mode: jwt, jwt: { ${JWT}, isuer: a } }`,
      '"auth.jwt.isuer" is not a known key; did you mean "auth.jwt.issuer"?',
    ],
    [
      'auth: { mode: jwt, jwt: { jwks: "http://login.example.org/keys", issuer: a, audience: b } }',
      '"auth.jwt.jwks" is not encrypted, which only a server on this machine may be; use https://.',
    ],
    [
      'auth: { mode: jwt, jwt: { jwks: "https://me:secret@login.example.org/", issuer: a, audience: b } }',
      '"auth.jwt.jwks" holds a login; keys that check signatures are public, name a URL without one.',
    ],
    [
      'auth: { mode: jwt, jwt: { jwks: "ftp://me:secret@login.example.org/", issuer: a, audience: b } }',
      '"auth.jwt.jwks" must be the https:// URL of a server.',
    ],
    [
      'auth: { mode: jwt, jwt: { jwksFile: ./gone.json, issuer: a, audience: b } }',
      '"auth.jwt.jwksFile" names gone.json, which does not exist.',
    ],
    [
      'auth: { mode: jwt, jwt: { jwksFile: ./rollcall.yaml, issuer: a, audience: b } }',
      '"auth.jwt.jwksFile" names rollcall.yaml, which holds no JSON.',
    ],
  ])('is refused if it could not work: %s', async (content, problem) => {
    expect(await problemsOf(content)).toEqual([problem])
  })

  it.each(['{}', '{"keys":[]}', '{"keys":[{"kid":"a"}]}', '5'])(
    'refuses a key file that contains %s',
    async (content) => {
      await writeFile(join(file.folder, 'keys.json'), content)
      const jwt = 'jwksFile: ./keys.json, issuer: a, audience: b'
      expect(await problemsOf(`auth: { mode: jwt, jwt: { ${jwt} } }`)).toEqual([
        '"auth.jwt.jwksFile" names keys.json, which holds no JSON Web Key Set.',
      ])
    },
  )
})

describe('an address that others can reach', () => {
  it.each(['0.0.0.0', '192.0.2.1', '::', 'gateway.example', '127.1'])(
    'such as %s needs authentication',
    async (host) => {
      expect(await problemsOf(`server: { host: "${host}" }`)).toEqual([
        `"server.host" is "${host}"; any address but a loopback one (127.0.0.1, ::1, localhost) needs "auth.mode" to be tokens or jwt, and that is none.`,
      ])
      expect((await load(`server: { host: "${host}" }\nauth: { mode: tokens }`)).server.host).toBe(host)
      const { server } = await load(`server: { host: "${host}" }\nauth: { mode: jwt, jwt: { ${JWT} } }`)
      expect(server.host).toBe(host)
    },
  )

  it.each(['localhost', '127.0.0.53', '::1'])('is not %s', async (host) => {
    expect((await load(`server: { host: "${host}" }`)).server.host).toBe(host)
  })
})
