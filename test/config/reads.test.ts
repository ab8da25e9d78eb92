import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LoadOptions, loadConfig } from '../../src/config/load.ts'

const EVERYTHING_ELSEWHERE = `
auth:
  mode: jwt
  jwt: { jwksFile: ./jwks.json, issuer: https://login.example.org/, audience: rollcall }
sources:
  - { name: lab, type: http, url: "https://inventory.example", tokenEnv: LAB_TOKEN, caFile: ./ca.pem }
  - { name: netbox, type: netbox, url: "https://netbox.example", tokenFile: ./netbox.token }
credentials:
  - { name: default, username: netops, passwordEnv: NETOPS_PASSWORD, privateKeyFile: ./key }
probe: { hostKeys: known-hosts, knownHostsFile: ./known_hosts }
`
const NAMED = {
  auth: ['jwks.json'],
  sources: ['LAB_TOKEN', 'ca.pem', 'netbox.token'],
  credentials: ['NETOPS_PASSWORD', 'key'],
  probe: ['known_hosts'],
}
const ALL_NAMED = Object.values(NAMED).flat()

let folder: string
let file: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-reads-'))
  file = join(folder, 'rollcall.yaml')
  await writeFile(file, EVERYTHING_ELSEWHERE)
})

afterAll(() => rm(folder, { recursive: true }))

function missedBy(reads: LoadOptions['reads']): string[] {
  try {
    loadConfig({ file, env: {}, ...(reads && { reads }) })
    return []
  } catch (failure) {
    const lines = String(failure).split('\n')
    return ALL_NAMED.filter((name) =>
      lines.some((line) => line.includes(` ${name}, which`) || line.includes(`/${name}, which`)),
    )
  }
}

describe('a command that uses a part of the configuration', () => {
  it.each([
    [undefined, ALL_NAMED],
    [['sources'], NAMED.sources],
    [['sources', 'credentials', 'probe'], ALL_NAMED.filter((name) => name !== 'jwks.json')],
    [[], []],
  ] as [LoadOptions['reads'], string[]][])('%j misses %j', (reads, missed) => {
    expect(missedBy(reads)).toEqual(missed)
  })

  it('leaves the other parts as they are written', () => {
    const { auth, sources, credentials } = loadConfig({ file, env: {}, reads: [] })
    expect(auth).toMatchObject({ mode: 'jwt', keys: { set: { keys: [] } } })
    expect(sources).toMatchObject([
      { name: 'lab', login: null, ca: null },
      { name: 'netbox', token: '' },
    ])
    expect(credentials).toMatchObject([{ name: 'default', username: 'netops', password: undefined }])
  })

  it('still reports mistakes in the other parts of the file', async () => {
    const wrong = join(folder, 'wrong.yaml')
    await writeFile(wrong, 'credentials: [{ name: x, username: x, passwordEnv: A, passwordFile: b }]')
    expect(() => loadConfig({ file: wrong, env: {}, reads: [] })).toThrow(
      '"credentials[0].passwordFile" stands beside "passwordEnv"; remove one of them.',
    )
  })
})
