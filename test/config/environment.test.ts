import { writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { useConfigFile } from './support/config-file.ts'
import { DAY_MS, defaults } from './support/expected-defaults.ts'

const file = useConfigFile()

describe('the environment', () => {
  test('may name a database of PostgreSQL', async () => {
    const database = 'postgres://rollcall@127.0.0.1/inventory'
    expect(await file.load('', { env: { ROLLCALL_DATABASE: database } })).toMatchObject({ database })
  })

  test('takes precedence over the file', async () => {
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
    expect(await file.load(content, { env })).toEqual({
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
      log: { level: 'warn', format: 'auto' },
    })
  })

  test('is named in the message about an invalid value', async () => {
    const env = {
      ROLLCALL_SERVER_PORT: 'x',
      ROLLCALL_SCHEDULE_ON_START: 'maybe',
      ROLLCALL_PROBE_TIMEOUT: '10 parsecs',
      ROLLCALL_WORKERS: '0',
    }
    expect(await file.problemsOf('server: { port: 1 }', { env })).toEqual([
      'ROLLCALL_SERVER_PORT must be a whole number from 0 to 65535, not "x".',
      'ROLLCALL_SCHEDULE_ON_START must be true or false, not "maybe".',
      'ROLLCALL_PROBE_TIMEOUT must be a duration from 100ms to 10m, such as 500ms, 10s or 2h, not "10 parsecs".',
      'ROLLCALL_WORKERS must be auto or a whole number from 1 to 64, not "0".',
    ])
    const gone = {
      ROLLCALL_PROBE_HOST_KEYS: 'known-hosts',
      ROLLCALL_PROBE_KNOWN_HOSTS_FILE: join(file.folder, 'gone'),
    }
    expect(await file.problemsOf('', { env: gone })).toEqual([
      'ROLLCALL_PROBE_KNOWN_HOSTS_FILE names gone, which does not exist.',
    ])
  })

  test('does not hide a section of the file that is not a mapping', async () => {
    const env = { ROLLCALL_SERVER_PORT: '1', ROLLCALL_LOG_LEVEL: 'warn' }
    expect(await file.problemsOf('server: 4000\nlog: [debug]', { env })).toEqual([
      'rollcall.yaml:1: "server" must be a mapping of keys to values, not 4000.',
      'rollcall.yaml:2: "log" must be a mapping of keys to values, not a list.',
    ])
  })

  test('can set the number of threads to auto', async () => {
    expect((await file.load('workers: 3', { env: { ROLLCALL_WORKERS: 'auto' } })).workers).toBe(
      defaults.workers,
    )
  })

  test('must not have an unknown variable with our prefix', async () => {
    const env = { ROLLCALL_PROBE_TIMOUT: '1s', ROLLCALL_UNHEARD_OF: '1', OTHER: '1' }
    expect(await file.problemsOf('', { env })).toEqual([
      'The environment variable ROLLCALL_PROBE_TIMOUT is not a known one; did you mean ROLLCALL_PROBE_TIMEOUT?',
      expect.stringMatching(
        /^The environment variable ROLLCALL_UNHEARD_OF is not a known one; remove it, or name it after a key: ROLLCALL_SERVER_PORT sets server\.port\.$/,
      ),
    ])
  })

  test('may have secrets in variables with our prefix', async () => {
    const env = { ROLLCALL_LAB_PASSWORD: 'secret' }
    const content = 'credentials: [{ name: a, username: b, passwordEnv: ROLLCALL_LAB_PASSWORD }]'
    expect((await file.load(content, { env })).credentials).toMatchObject([{ password: 'secret' }])
  })
})
