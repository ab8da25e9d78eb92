import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { defaultConfig } from '../support/default-config.ts'
import { useConfigFile } from './support/config-file.ts'
import { DAY_MS, defaults } from './support/expected-defaults.ts'

const file = useConfigFile()

describe('the file', () => {
  test.each(['', '# nothing\n', 'server:\nprobe:\n  port:\n'])(
    'may leave out everything: %j',
    async (content) => {
      expect(await file.load(content)).toEqual({ ...defaults, database: join(file.folder, 'rollcall.db') })
    },
  )

  test('can set every key', async () => {
    const config = await file.load(
      `
server: { host: "::1", port: 0 }
database: data/rollcall.db
sources:
  - name: global
    type: file
    path: ./inventory.csv
    fields: { name: Caption, address: IPAddress }
  - { name: lab, type: file, path: /srv/lab.json }
schedule: { every: 90m, onStart: false }
credentials:
  - { name: ios, username: netops, passwordEnv: NETOPS_PASSWORD, match: { platform: "ios*", country: Germany } }
  - { name: rest, username: netops, passwordFile: password.txt }
probe:
  port: 22
  timeout: 500ms
  requiredCapabilities:
    - urn:ietf:params:netconf:base:1.1
    - { uri: "urn:ietf:params:netconf:capability:candidate:1.0", match: { site: "fra*" } }
    - { module: ietf-interfaces, minRevision: 2014-05-08, features: [arbitrary-names], match: { platform: "iosxe*" } }
  hostKeys: known-hosts
  knownHostsFile: ./known_hosts
  facts: false
  legacyAlgorithms: [{ platform: "catos*", site: "fra*" }, { name: old-1 }]
throttle:
  concurrency: 1
  perSite: 10000
  perCredential: 7
  starts: 90/m
  coolDown: 0
  retries: 0
  suspendCredentialAfter: 100
workers: 64
retention: { probes: 1d, changes: 10000d }
log: { level: debug }
`,
      { env: { NETOPS_PASSWORD: await writeFiles('from file\n') } },
    )
    expect(config).toEqual({
      ...defaults,
      server: { ...defaults.server, host: '::1', port: 0 },
      database: join(file.folder, 'data/rollcall.db'),
      sources: [
        {
          name: 'global',
          type: 'file',
          path: join(file.folder, 'inventory.csv'),
          fields: { name: 'Caption', address: 'IPAddress' },
          ceiling: { decommission: 0.1, move: 0.1, atLeast: 20 },
        },
        {
          name: 'lab',
          type: 'file',
          path: '/srv/lab.json',
          fields: {},
          ceiling: { decommission: 0.1, move: 0.1, atLeast: 20 },
        },
      ],
      schedule: { everyMs: 5_400_000, onStart: false },
      credentials: [
        {
          name: 'ios',
          username: 'netops',
          password: 'from env',
          match: { platform: 'ios*', country: 'Germany' },
        },
        { name: 'rest', username: 'netops', password: 'from file', match: null },
      ],
      probe: {
        port: 22,
        timeoutMs: 500,
        requiredCapabilities: [
          { requirement: { uri: 'urn:ietf:params:netconf:base:1.1' }, match: null },
          {
            requirement: { uri: 'urn:ietf:params:netconf:capability:candidate:1.0' },
            match: { site: 'fra*' },
          },
          {
            requirement: {
              module: 'ietf-interfaces',
              minRevision: '2014-05-08',
              features: ['arbitrary-names'],
            },
            match: { platform: 'iosxe*' },
          },
        ],
        hostKeys: 'known-hosts',
        knownHostsFile: join(file.folder, 'known_hosts'),
        facts: false,
        legacyAlgorithms: [{ platform: 'catos*', site: 'fra*' }, { name: 'old-1' }],
      },
      throttle: {
        concurrency: 1,
        perSite: 10_000,
        perCredential: 7,
        startsPerSecond: 1.5,
        coolDownMs: 0,
        retries: 0,
        suspendCredentialAfter: 100,
      },
      workers: 64,
      retention: { probesMs: DAY_MS, changesMs: 10_000 * DAY_MS },
      notify: [],
      limits: defaultConfig().limits,
      traces: { enabled: false, probes: 0.01 },
      log: { level: 'debug', format: 'auto' },
    })
  })

  /** Puts a password and known hosts beside the file, and returns another password. */
  async function writeFiles(password: string): Promise<string> {
    await writeFile(join(file.folder, 'known_hosts'), '')
    await writeFile(join(file.folder, 'password.txt'), password)
    return 'from env'
  }

  test('is the given one, otherwise the one that the environment names', async () => {
    await writeFile(join(file.folder, 'other.yaml'), 'server: { port: 2 }')
    const env = { ROLLCALL_CONFIG: join(file.folder, 'other.yaml') }
    expect((await file.load('server: { port: 1 }', { env })).server.port).toBe(1)
    expect(loadConfig({ env }).server.port).toBe(2)
  })

  test.each(['given', 'named by the environment'])('must exist if it is %s', (how) => {
    const options = how === 'given' ? { file: file.path, env: {} } : { env: { ROLLCALL_CONFIG: file.path } }
    expect(() => loadConfig(options)).toThrow(
      `The configuration file ${file.path} does not exist; name another with --config or ROLLCALL_CONFIG.`,
    )
  })

  test.each([
    ['- a', 'rollcall.yaml must hold keys and values, such as "database: ./rollcall.db".'],
    ['just text', 'rollcall.yaml must hold keys and values, such as "database: ./rollcall.db".'],
    [
      'server:\n  port: 1\n  port: 2',
      'rollcall.yaml is not valid YAML at line 3, column 3: the key "port" is there already; remove one of them.',
    ],
    [
      'a: 1\n---\nb: 2',
      'rollcall.yaml holds more than one YAML document; "---" at line 2 begins another. Make them one.',
    ],
  ])('that is not a mapping of keys is refused: %j', async (content, problem) => {
    expect(await file.problemsOf(content)).toEqual([expect.stringMatching(problem)])
  })
})

test('a configuration can be made without a file', () => {
  const credential = { name: 'lab', username: 'rollcall', password: 'secret', match: null }
  expect(defaultConfig()).toEqual({ ...defaults, database: resolve('rollcall.db') })
  expect(
    defaultConfig({
      database: '/tmp/x.db',
      credentials: [credential],
      server: { port: 0 },
      probe: { timeoutMs: 50 },
      throttle: { startsPerSecond: 0.5 },
      workers: 2,
    }),
  ).toEqual({
    ...defaults,
    database: '/tmp/x.db',
    credentials: [credential],
    server: { ...defaults.server, port: 0 },
    probe: { ...defaults.probe, timeoutMs: 50 },
    throttle: { ...defaults.throttle, startsPerSecond: 0.5 },
    workers: 2,
  })
})
