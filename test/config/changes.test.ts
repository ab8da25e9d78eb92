import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, test } from 'vitest'
import { type ConfigChanges, compareConfigs, followed } from '../../src/config/changes.ts'
import { loadWithValues } from '../../src/config/load.ts'
import { useConfigFile } from './support/config-file.ts'

const file = useConfigFile()

async function loaded(content: string) {
  await writeFile(file.path, content)
  return loadWithValues({ file: file.path, env: { WORD: 'hunter2', OTHER: 'hunter3' } })
}

const LISTS = `
sources:
  - { name: a, type: file, path: a.json }
  - { name: b, type: http, url: "https://b.example.org/?key=hunter2", tokenEnv: WORD }
credentials:
  - { name: x, username: u, passwordEnv: WORD }
  - { name: y, username: u, passwordEnv: WORD, match: { site: "FRA*" } }
`
const nothing: ConfigChanges = { changed: [], needRestart: [] }

test.each<[string, string, Partial<ConfigChanges>]>([
  ['', '', {}],
  ['throttle: { perSite: 10 }', 'throttle:\n', {}],
  [
    'throttle: { perSite: 5, starts: 90/m }',
    'throttle: { starts: 2/s }',
    { changed: ['throttle.perSite: 5 → 10', 'throttle.starts: 90/m → 2/s'] },
  ],
  ['', 'schedule: { every: 30m }', { changed: ['schedule.every: 2h → 30m'] }],
  [LISTS, LISTS.replace('a.json', 'c.json'), { changed: ['source "a": changed'] }],
  [LISTS, LISTS.replace('?key=hunter2', '?key=hunter3'), { changed: ['source "b": changed'] }],
  [
    LISTS,
    LISTS.replace('name: x', 'name: z'),
    { changed: ['credential "x": removed', 'credential "z": added'] },
  ],
  [LISTS, LISTS.replace('FRA*', 'LYS*'), { changed: ['credential "y": match changed'] }],
  [
    LISTS,
    LISTS.replace('username: u, passwordEnv: WORD }', 'username: u, passwordEnv: OTHER }'),
    { changed: ['credential "x": login changed'] },
  ],
  [
    LISTS,
    LISTS.replace('name: x', 'name: q').replace('name: y', 'name: x').replace('name: q', 'name: y'),
    {
      changed: [
        'credential "y": match changed',
        'credential "x": match changed',
        'the order of the credentials: changed',
      ],
    },
  ],
  [
    'server: { cors: [] }\nworkers: 1',
    'server: { cors: [loopback], port: 1 }\nworkers: 2\npersistedOperations: { file: a.json }',
    {
      needRestart: [
        'server.port: 4000 → 1',
        'server.cors: [] → ["loopback"]',
        'persistedOperations.file: null → a.json',
        'workers: 1 → 2',
      ],
    },
  ],
  ['', 'retention: { probes: 1d }', { needRestart: ['retention.probes: 90d → 1d'] }],
  ['', 'auth: { mode: tokens }', { needRestart: ['auth.mode: none → tokens'] }],
])('from %j to %j', async (before, after, expected) => {
  const changes = compareConfigs(await loaded(before), await loaded(after))
  expect(changes).toEqual({ ...nothing, ...expected })
  expect(JSON.stringify(changes)).not.toContain('hunter')
})

it('knows a key of JWTs that has changed in its file', async () => {
  const content = 'auth: { mode: jwt, jwt: { jwksFile: jwks.json, issuer: a, audience: b } }'
  const keys = (kid: string) => JSON.stringify({ keys: [{ kty: 'RSA', kid }] })
  await writeFile(join(file.folder, 'jwks.json'), keys('1'))
  const before = await loaded(content)
  await writeFile(join(file.folder, 'jwks.json'), keys('2'))
  expect(compareConfigs(before, await loaded(content)).needRestart).toEqual(['auth: a secret or key changed'])
})

it('remembers what needs a restart, and not what was followed', async () => {
  const before = await loaded('')
  const after = await loaded('server: { port: 1 }\nthrottle: { perSite: 1 }')
  expect(compareConfigs(followed(before, after), after)).toEqual({
    changed: [],
    needRestart: ['server.port: 4000 → 1'],
  })
})

it('leaves out sections that a process does not use', async () => {
  const after = await loaded(`workers: 2\nserver: { port: 1 }\nthrottle: { perSite: 1 }\n${LISTS}`)
  expect(compareConfigs(await loaded(''), after, ['credentials', 'workers'])).toEqual({
    changed: ['credential "x": added', 'credential "y": added'],
    needRestart: ['workers: auto → 2'],
  })
})
