import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { RollcallError } from '../../src/base/errors.ts'
import { readPrivateKey } from '../../src/base/private-key.ts'
import { type LoadOptions, loadConfig } from '../../src/config/load.ts'
import { defaultConfig } from '../support/default-config.ts'
import { useConfigFile } from './support/config-file.ts'

const file = useConfigFile()

async function load(content: string, options?: Partial<LoadOptions>) {
  return await file.load(content, options)
}

/** The sentences with which a configuration is refused, the file's folder left out. */
async function problemsOf(content: string, options: Partial<LoadOptions> = {}): Promise<string[]> {
  const thrown = await load(content, options).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof RollcallError)) throw new Error('It was not refused.', { cause: thrown })
  expect(thrown.code).toBe('CONFIG_INVALID')
  return file.withoutFolder(thrown.message).split('\n')
}

const DAY_MS = 86_400_000

const defaults = {
  server: { host: '127.0.0.1', port: 4000, cors: [], introspection: true, graphiql: true, console: true },
  persistedOperations: { file: null, only: false },
  postgres: { ca: null },
  auth: { mode: 'none' },
  sources: [],
  schedule: { everyMs: 7_200_000, onStart: true },
  credentials: [],
  probe: {
    port: 830,
    timeoutMs: 10_000,
    requiredCapabilities: [],
    hostKeys: 'trust-first',
    knownHostsFile: null,
    facts: true,
    legacyAlgorithms: [],
  },
  throttle: {
    concurrency: 200,
    perSite: 10,
    perCredential: 10_000,
    startsPerSecond: 500,
    coolDownMs: 60_000,
    retries: 1,
    suspendCredentialAfter: 5,
  },
  workers: Math.max(1, availableParallelism() - 1),
  retention: { probesMs: 90 * DAY_MS, changesMs: 365 * DAY_MS },
  limits: defaultConfig().limits,
  log: { level: 'info' },
}

describe('the file', () => {
  test.each(['', '# nothing\n', 'server:\nprobe:\n  port:\n'])(
    'may leave out everything: %j',
    async (content) => {
      expect(await load(content)).toEqual({ ...defaults, database: join(file.folder, 'rollcall.db') })
    },
  )

  test('says all there is to say', async () => {
    const config = await load(
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
      limits: defaultConfig().limits,
      log: { level: 'debug' },
    })
  })

  /** Puts a password and known hosts beside the file, and returns another password. */
  async function writeFiles(password: string): Promise<string> {
    await writeFile(join(file.folder, 'known_hosts'), '')
    await writeFile(join(file.folder, 'password.txt'), password)
    return 'from env'
  }

  test('is the one that is given, else the one that the environment names', async () => {
    await writeFile(join(file.folder, 'other.yaml'), 'server: { port: 2 }')
    const env = { ROLLCALL_CONFIG: join(file.folder, 'other.yaml') }
    expect((await load('server: { port: 1 }', { env })).server.port).toBe(1)
    expect(loadConfig({ env }).server.port).toBe(2)
  })

  test.each(['given', 'named by the environment'])('must exist where it is %s', (how) => {
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
      'rollcall.yaml is not valid YAML at line 3, column 3: Map keys must be unique.',
    ],
    [
      'a: 1\n---\nb: 2',
      'rollcall.yaml holds more than one YAML document; "---" at line 2 begins another. Make them one.',
    ],
  ])('that says nothing sensible is refused: %j', async (content, problem) => {
    expect(await problemsOf(content)).toEqual([expect.stringMatching(problem)])
  })
})

describe('a key that is not known', () => {
  test.each([
    ['probe: { timout: 10s }', '"probe.timout" is not a known key; did you mean "probe.timeout"?'],
    ['throttle: { per_site: 1 }', '"throttle.per_site" is not a known key; did you mean "throttle.perSite"?'],
    ['timeout: 10s', '"timeout" is not a known key; did you mean "probe.timeout"?'],
    ['server: { perSite: 1 }', '"server.perSite" is not a known key; did you mean "throttle.perSite"?'],
    ['log: { colour: red }', '"log.colour" is not a known key; the keys known there are level.'],
    [
      'planets: { mode: none }',
      '"planets" is not a known key; the keys known there are server, persistedOperations, database, postgres, auth, sources, schedule, credentials, probe, throttle, workers, retention, limits, log.',
    ],
    [
      '__proto__: { port: 1 }',
      '"__proto__" is not a known key; the keys known there are server, persistedOperations, database, postgres, auth, sources, schedule, credentials, probe, throttle, workers, retention, limits, log.',
    ],
    [
      'sources: [{ name: a, type: file, path: b, fields: { adress: c } }]',
      '"sources[0].fields.adress" is not a known key; did you mean "sources[0].fields.address"?',
    ],
    [
      'probe: { requiredCapabilities: [{ uri: "urn:x", modul: y }] }',
      '"probe.requiredCapabilities[0].modul" is not a known key; did you mean "probe.requiredCapabilities[0].module"?',
    ],
    [
      'credentials: [{ name: a, username: b, passwordEnv: C, match: { plattform: d } }]',
      '"credentials[0].match.plattform" is not a known key; did you mean "credentials[0].match.platform"?',
    ],
  ])('%s', async (content, problem) => {
    expect(await problemsOf(content)).toEqual([`rollcall.yaml: ${problem}`])
  })
})

describe('a value that does not serve', () => {
  test.each([
    ['server: 4000', '"server" must be a mapping of keys to values, not 4000.'],
    ['server: { port: abc }', '"server.port" must be a whole number from 0 to 65535, not "abc".'],
    ['server: { port: 65536 }', '"server.port" must be a whole number from 0 to 65535, not 65536.'],
    ['server: { port: 1.5 }', '"server.port" must be a whole number from 0 to 65535, not 1.5.'],
    ['server: { port: [1] }', '"server.port" must be a whole number from 0 to 65535, not a list.'],
    ['probe: { port: 0 }', '"probe.port" must be a whole number from 1 to 65535, not 0.'],
    ['database: 7', '"database" must be the path of a file, or the URL of a PostgreSQL database, not 7.'],
    ['database: " "', '"database" must be the path of a file, or the URL of a PostgreSQL database, not " ".'],
    [
      'schedule: { every: 59s }',
      '"schedule.every" must be a duration from 1m to 24d, such as 500ms, 10s or 2h, not "59s".',
    ],
    [
      'schedule: { every: 25d }',
      '"schedule.every" must be a duration from 1m to 24d, such as 500ms, 10s or 2h, not "25d".',
    ],
    ['schedule: { onStart: "yes" }', '"schedule.onStart" must be true or false, not "yes".'],
    [
      'retention: { probes: 12h }',
      '"retention.probes" must be a duration from 1d to 36500d, such as 30d or 365d, not "12h".',
    ],
    ['probe: { timeout: 10 }', '"probe.timeout" must be a duration such as 500ms, 10s or 2h, not 10.'],
    [
      'probe: { timeout: 99ms }',
      '"probe.timeout" must be a duration from 100ms to 10m, such as 500ms, 10s or 2h, not "99ms".',
    ],
    [
      'probe: { timeout: 11m }',
      '"probe.timeout" must be a duration from 100ms to 10m, such as 500ms, 10s or 2h, not "11m".',
    ],
    ['probe: { facts: 1 }', '"probe.facts" must be true or false, not 1.'],
    [
      'probe: { hostKeys: strict }',
      '"probe.hostKeys" must be one of trust-first, known-hosts, off, not "strict".',
    ],
    [
      'probe: { hostKeys: known-hosts }',
      '"probe.hostKeys" is known-hosts, which needs "knownHostsFile" beside it.',
    ],
    [
      'probe: { knownHostsFile: ./known_hosts }',
      '"probe.knownHostsFile" goes with "hostKeys: known-hosts" only, and that is trust-first.',
    ],
    [
      'probe: { hostKeys: known-hosts, knownHostsFile: ./gone }',
      '"probe.knownHostsFile" names gone, which does not exist.',
    ],
    ['probe: { legacyAlgorithms: true }', '"probe.legacyAlgorithms" must be a list, not true.'],
    [
      'credentials: [{ name: a, username: b, passwordEnv: C, match: {} }]',
      '"credentials[0].match" needs "platform", "country", "site" or "name"; { name: "*" } fits every device.',
    ],
    [
      'probe: { legacyAlgorithms: [{}] }',
      '"probe.legacyAlgorithms[0]" needs "platform", "country", "site" or "name"; { name: "*" } fits every device.',
    ],
    ['throttle: { concurrency: 0 }', '"throttle.concurrency" must be a whole number from 1 to 10000, not 0.'],
    ['throttle: { perSite: 10001 }', '"throttle.perSite" must be a whole number from 1 to 10000, not 10001.'],
    [
      'throttle: { perCredential: 0 }',
      '"throttle.perCredential" must be a whole number from 1 to 10000, not 0.',
    ],
    ['throttle: { starts: 100 }', '"throttle.starts" must be a rate such as 100/s or 90/m, not 100.'],
    [
      'throttle: { starts: 100/d }',
      '"throttle.starts" must be a rate from 1/m to 10000/s, such as 100/s or 90/m, not "100/d".',
    ],
    [
      'throttle: { starts: 0/s }',
      '"throttle.starts" must be a rate from 1/m to 10000/s, such as 100/s or 90/m, not "0/s".',
    ],
    [
      'throttle: { starts: 10001/s }',
      '"throttle.starts" must be a rate from 1/m to 10000/s, such as 100/s or 90/m, not "10001/s".',
    ],
    ['throttle: { retries: 6 }', '"throttle.retries" must be a whole number from 0 to 5, not 6.'],
    [
      'throttle: { suspendCredentialAfter: 0 }',
      '"throttle.suspendCredentialAfter" must be a whole number from 1 to 100, not 0.',
    ],
    ['workers: 0', '"workers" must be auto or a whole number from 1 to 64, not 0.'],
    ['workers: 65', '"workers" must be auto or a whole number from 1 to 64, not 65.'],
    ['workers: 1.5', '"workers" must be auto or a whole number from 1 to 64, not 1.5.'],
    ['workers: all', '"workers" must be auto or a whole number from 1 to 64, not "all".'],
    ['workers: [auto]', '"workers" must be auto or a whole number from 1 to 64, not a list.'],
    [
      'log: { level: loud }',
      '"log.level" must be one of silent, fatal, error, warn, info, debug, trace, not "loud".',
    ],
    ['sources: { a: b }', '"sources" must be a list, not a mapping.'],
    [
      'sources: [{ name: a, type: ldap, path: b }]',
      '"sources[0].type" must be one of file, http, netbox, solarwinds, not "ldap".',
    ],
    [
      'sources: [{ name: a, path: b }]',
      '"sources[0].type" is missing; it must be one of file, http, netbox, solarwinds.',
    ],
    ['sources: [a]', '"sources[0]" must be a mapping of keys to values, not "a".'],
    ['sources: [{ name: a, type: file }]', '"sources[0].path" is missing; it must be the path of a file.'],
    [
      'sources: [{ name: a, type: file, path: b }, { name: a, type: file, path: c }]',
      '"sources[1].name" is "a", which number 1 of the list is named already; choose another.',
    ],
    [
      'probe: { requiredCapabilities: [7] }',
      '"probe.requiredCapabilities[0]" must be a mapping of keys to values, not 7.',
    ],
    [
      'probe: { requiredCapabilities: ["two words"] }',
      '"probe.requiredCapabilities[0].uri" must be a capability URI without spaces, not "two words".',
    ],
    [
      'probe: { requiredCapabilities: [{ match: { name: a } }] }',
      '"probe.requiredCapabilities[0]" needs "uri" or "module", and not both.',
    ],
    [
      'probe: { requiredCapabilities: [{ uri: "urn:x", module: a }] }',
      '"probe.requiredCapabilities[0]" needs "uri" or "module", and not both.',
    ],
    [
      'probe: { requiredCapabilities: [{ uri: "urn:x", features: [a] }] }',
      '"probe.requiredCapabilities[0]" has "uri"; "minRevision" and "features" go with "module" only.',
    ],
    [
      'probe: { requiredCapabilities: [{ module: a, minRevision: 2014-13-08 }] }',
      '"probe.requiredCapabilities[0].minRevision" must be a date, YYYY-MM-DD, not "2014-13-08".',
    ],
  ])('%s', async (content, problem) => {
    expect(await problemsOf(content)).toEqual([`rollcall.yaml: ${problem}`])
  })

  test('is told together with the others', async () => {
    expect(await problemsOf('server: { port: -1 }\nprobe: { timout: 1s }\nlog: { level: 7 }')).toHaveLength(3)
  })
})

describe('the environment', () => {
  test('has the last word', async () => {
    const env = {
      ROLLCALL_SERVER_HOST: 'localhost',
      ROLLCALL_SERVER_PORT: '1',
      ROLLCALL_DATABASE: 'env.db',
      ROLLCALL_SCHEDULE_EVERY: '1h',
      ROLLCALL_SCHEDULE_ON_START: 'false',
      ROLLCALL_PROBE_PORT: '22',
      ROLLCALL_PROBE_TIMEOUT: '1s',
      ROLLCALL_PROBE_HOST_KEYS: 'known-hosts',
      ROLLCALL_PROBE_KNOWN_HOSTS_FILE: relative('.', join(file.folder, 'known_hosts')),
      ROLLCALL_PROBE_FACTS: 'false',
      ROLLCALL_THROTTLE_CONCURRENCY: '2',
      ROLLCALL_THROTTLE_PER_SITE: '3',
      ROLLCALL_THROTTLE_PER_CREDENTIAL: '4',
      ROLLCALL_THROTTLE_STARTS: '50/s',
      ROLLCALL_THROTTLE_COOL_DOWN: '0',
      ROLLCALL_THROTTLE_RETRIES: '5',
      ROLLCALL_THROTTLE_SUSPEND_CREDENTIAL_AFTER: '6',
      ROLLCALL_WORKERS: '8',
      ROLLCALL_RETENTION_PROBES: '7d',
      ROLLCALL_RETENTION_CHANGES: '1.5d',
      ROLLCALL_LOG_LEVEL: '',
      PATH: '/bin',
    }
    await writeFile(join(file.folder, 'known_hosts'), '')
    const content = 'server: { host: "::1", port: 9 }\nprobe: { timeout: 9s }\nlog: { level: warn }'
    expect(await load(content, { env })).toEqual({
      ...defaults,
      server: { ...defaults.server, host: 'localhost', port: 1 },
      database: resolve('env.db'),
      sources: [],
      schedule: { everyMs: 3_600_000, onStart: false },
      credentials: [],
      probe: {
        ...defaults.probe,
        port: 22,
        timeoutMs: 1_000,
        hostKeys: 'known-hosts',
        knownHostsFile: join(file.folder, 'known_hosts'),
        facts: false,
      },
      throttle: {
        concurrency: 2,
        perSite: 3,
        perCredential: 4,
        startsPerSecond: 50,
        coolDownMs: 0,
        retries: 5,
        suspendCredentialAfter: 6,
      },
      workers: 8,
      retention: { probesMs: 7 * DAY_MS, changesMs: 1.5 * DAY_MS },
      log: { level: 'warn' },
    })
  })

  test('is named where a value of it does not serve', async () => {
    const env = {
      ROLLCALL_SERVER_PORT: 'x',
      ROLLCALL_SCHEDULE_ON_START: 'maybe',
      ROLLCALL_PROBE_TIMEOUT: '10 parsecs',
      ROLLCALL_WORKERS: '0',
    }
    expect(await problemsOf('server: { port: 1 }', { env })).toEqual([
      'ROLLCALL_SERVER_PORT must be a whole number from 0 to 65535, not "x".',
      'ROLLCALL_SCHEDULE_ON_START must be true or false, not "maybe".',
      'ROLLCALL_PROBE_TIMEOUT must be a duration from 100ms to 10m, such as 500ms, 10s or 2h, not "10 parsecs".',
      'ROLLCALL_WORKERS must be auto or a whole number from 1 to 64, not "0".',
    ])
    const gone = {
      ROLLCALL_PROBE_HOST_KEYS: 'known-hosts',
      ROLLCALL_PROBE_KNOWN_HOSTS_FILE: join(file.folder, 'gone'),
    }
    expect(await problemsOf('', { env: gone })).toEqual([
      'ROLLCALL_PROBE_KNOWN_HOSTS_FILE names gone, which does not exist.',
    ])
  })

  test('does not hide a section of the file that is no mapping', async () => {
    const env = { ROLLCALL_SERVER_PORT: '1', ROLLCALL_LOG_LEVEL: 'warn' }
    expect(await problemsOf('server: 4000\nlog: [debug]', { env })).toEqual([
      'rollcall.yaml: "server" must be a mapping of keys to values, not 4000.',
      'rollcall.yaml: "log" must be a mapping of keys to values, not a list.',
    ])
  })

  test('may leave the threads to the machine', async () => {
    expect((await load('workers: 3', { env: { ROLLCALL_WORKERS: 'auto' } })).workers).toBe(defaults.workers)
  })

  test('may hold no variable that looks like ours and is not', async () => {
    const env = { ROLLCALL_PROBE_TIMOUT: '1s', ROLLCALL_UNHEARD_OF: '1', OTHER: '1' }
    expect(await problemsOf('', { env })).toEqual([
      'The environment variable ROLLCALL_PROBE_TIMOUT is not a known one; did you mean ROLLCALL_PROBE_TIMEOUT?',
      expect.stringMatching(
        /^The environment variable ROLLCALL_UNHEARD_OF is not a known one; the known ones are ROLLCALL_CONFIG, ROLLCALL_SERVER_HOST, .*\.$/,
      ),
    ])
  })

  test('may hold secrets under names that begin like ours', async () => {
    const env = { ROLLCALL_LAB_PASSWORD: 'secret' }
    const content = 'credentials: [{ name: a, username: b, passwordEnv: ROLLCALL_LAB_PASSWORD }]'
    expect((await load(content, { env })).credentials).toMatchObject([{ password: 'secret' }])
  })
})

describe('credentials', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })

  test('have their secrets read from files and variables', async () => {
    const encrypted = createPrivateKey(privateKey).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: ' phrase ',
    })
    await writeFile(join(file.folder, 'id'), encrypted)
    await writeFile(join(file.folder, 'pass'), ' phrase \r\n')
    const answer = readPrivateKey(privateKey, {})
    const decrypted = 'key' in answer ? answer.key : answer.problem
    const content = `
credentials:
  - { name: file, username: a, privateKeyFile: id, passphraseFile: pass }
  - { name: env, username: b, privateKeyEnv: KEY, passphraseEnv: PHRASE, passwordEnv: WORD }
`
    const env = { KEY: privateKey, PHRASE: 'p', WORD: 'w' }
    expect((await load(content, { env })).credentials).toEqual([
      { name: 'file', username: 'a', privateKey: decrypted, match: null },
      {
        name: 'env',
        username: 'b',
        privateKey: decrypted,
        password: 'w',
        match: null,
      },
    ])
  })

  test.each([
    [
      'name: a, username: b, password: hunter2',
      '.password" would keep a secret in this file; name an environment variable with "passwordEnv" or a file with "passwordFile" instead.',
    ],
    [
      'name: a, username: b, privateKey: hunter2',
      '.privateKey" would keep a secret in this file; name an environment variable with "privateKeyEnv" or a file with "privateKeyFile" instead.',
    ],
    [
      'name: a, username: b, passphrase: hunter2',
      '.passphrase" would keep a secret in this file; name an environment variable with "passphraseEnv" or a file with "passphraseFile" instead.',
    ],
    [
      'name: a, username: b, passwordEnv: "hunter2!"',
      '.passwordEnv" must be the name of an environment variable.',
    ],
    ['name: a, username: b, passwordFile: [hunter2]', '.passwordFile" must be the path of a file.'],
    [
      'name: a, username: b, passwordEnv: UNSET',
      '.passwordEnv" names the environment variable UNSET, which is not set.',
    ],
    [
      'name: a, username: b, passwordEnv: EMPTY',
      '.passwordEnv" names the environment variable EMPTY, which is empty.',
    ],
    ['name: a, username: b, passwordFile: none', '.passwordFile" names none, which does not exist.'],
    ['name: a, username: b, passwordFile: blank', '.passwordFile" names blank, which is empty.'],
    [
      'name: a, username: b, passwordFile: blank, passwordEnv: WORD',
      '.passwordFile" stands beside "passwordEnv"; remove one of them.',
    ],
    [
      'name: a, username: b, privateKeyFile: id.pub',
      '.privateKeyFile" names id.pub, which holds no private key; a public key or a certificate does not serve.',
    ],
    [
      'name: a, username: b, privateKeyFile: locked',
      '.privateKeyFile" names locked, which holds an encrypted private key; give its passphrase (passphraseEnv, passphraseFile or --passphrase-env).',
    ],
    [
      'name: a, username: b, privateKeyFile: locked, passphraseEnv: WORD',
      '.privateKeyFile" names locked, which holds a private key that the passphrase does not decrypt, or that is damaged.',
    ],
    [
      'name: a, username: b, privateKeyFile: locked, passphraseEnv: UNSET',
      '.passphraseEnv" names the environment variable UNSET, which is not set.',
    ],
    [
      'name: a, username: b, passwordEnv: WORD, passphraseEnv: WORD',
      '" has a passphrase without a private key; add "privateKeyFile" or "privateKeyEnv".',
    ],
    [
      'name: a, username: b',
      '" has nothing to log in with; add "passwordEnv", "passwordFile", "privateKeyEnv" or "privateKeyFile".',
    ],
    ['name: a, passwordEnv: WORD', '.username" is missing; it must be a user name.'],
    [
      'name: a, username: b, passwordEnv: LINES',
      '.passwordEnv" names the environment variable LINES, which has more than one line; a password is a single line.',
    ],
  ])('that do not serve are refused and not repeated: %s', async (credential, problem) => {
    await writeFile(join(file.folder, 'blank'), '\n')
    await writeFile(join(file.folder, 'id.pub'), publicKey)
    const encryption = { cipher: 'aes-256-cbc', passphrase: 'another' }
    const locked = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'pem', ...encryption })
    await writeFile(join(file.folder, 'locked'), locked)
    const problems = await problemsOf(`credentials: [{ ${credential} }]`, {
      env: { WORD: 'hunter2', EMPTY: '', LINES: 'netops\nhunter2\n' },
    })
    expect(problems).toEqual([`rollcall.yaml: "credentials[0]${problem}`])
    expect(problems.join()).not.toContain('hunter2')
  })

  test.each([
    ['a line end', Buffer.from('hunter2\n')],
    ['the line ends of Windows', Buffer.from('hunter2\r\n\r\n')],
    ['a byte order mark', Buffer.from('\ufeffhunter2\r\n')],
    ['UTF-16', Buffer.from('\ufeffhunter2\r\n', 'utf16le')],
  ])('are read from files with %s', async (_, bytes) => {
    await writeFile(join(file.folder, 'word'), bytes)
    const config = await load('credentials: [{ name: a, username: b, passwordFile: word }]', {})
    expect(config.credentials[0]?.password).toBe('hunter2')
  })

  test('are read from variables with a line end, which secrets of Kubernetes often have', async () => {
    const config = await load('credentials: [{ name: a, username: b, passwordEnv: WORD }]', {
      env: { WORD: ' #hünter$2 \n' },
    })
    expect(config.credentials[0]?.password).toBe(' #hünter$2 ')
  })

  test('each have a name of their own', async () => {
    const credential = '{ name: a, username: b, passwordEnv: WORD }'
    expect(await problemsOf(`credentials: [${credential}, ${credential}]`, { env: { WORD: 'w' } })).toEqual([
      'rollcall.yaml: "credentials[1].name" is "a", which number 1 of the list is named already; choose another.',
    ])
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
