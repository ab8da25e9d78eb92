import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'graphql-ws'
import ssh2, { type AuthContext } from 'ssh2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createLogger } from '../../src/base/log.ts'
import { readPrivateKey } from '../../src/base/private-key.ts'
import { newTokenSecret, tokenHash } from '../../src/base/token-secret.ts'
import type { Credential } from '../../src/config/schema.ts'
import type { InventoryRecord } from '../../src/inventory/record.ts'
import { runInProcess } from '../cli/run-in-process.ts'
import { runRollcall } from '../cli/run-rollcall.ts'
import { SIGNING_SECRET, startReceiver } from '../refresh/support/receiver.ts'
import { record } from '../store/support/fixture.ts'
import { startGatewayOver } from '../support/gateway.ts'
import { post } from '../support/graphql-answer.ts'
import { type LabBehaviour, type LabDevice, startLabDevice } from '../support/lab-device.ts'
import { writeSettled } from '../support/settled-file.ts'
import { bearer, newToken } from '../support/tokens.ts'

const PASSWORD = 'canary1PASSWORD1yellow'
const PASSPHRASE = 'canary2PASSPHRASE2yellow'
const WRONG_PASSPHRASE = 'canary3PASSPHRASE3yellow'
const USER = 'netops'
const KEY = newEncryptedKey()
const DECRYPTED = decrypt(KEY)
const IETF_SYSTEM = 'urn:ietf:params:xml:ns:yang:ietf-system'

/** What must not be found: each secret as it is, and in the forms that a program may put it into without a thought. */
const CANARIES = [
  ...[PASSWORD, PASSPHRASE, WRONG_PASSPHRASE].flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('hex'),
    // What is left of it where a text is cut off in its midst.
    secret.slice(0, 12),
  ]),
  ...[KEY, DECRYPTED].flatMap((key) =>
    key.split('\n').filter((line) => line !== '' && !line.startsWith('-----')),
  ),
  SIGNING_SECRET.slice('whsec_'.length),
]

function only(method: AuthContext['method']) {
  return (context: AuthContext) => {
    if (context.method === method) context.accept()
    else context.reject([method === 'none' ? 'password' : method])
  }
}

/** Devices by name; what begins with `pw` gets the password, with `key` the key, with `bad` the key that cannot be opened. */
const DEVICES: Record<string, LabBehaviour> = {
  'pw-good': {},
  'key-good': { login: only('publickey') },
  'bad-key': { login: only('publickey') },
  'pw-rejected': { login: (context) => context.reject(['password']) },
  'pw-asked-back': {
    login: (context) => {
      if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive'])
      context.prompt([{ prompt: 'Password: ', echo: false }], ([password = '']) => {
        context.prompt([{ prompt: `Is ${password} right? `, echo: true }], () => context.reject())
      })
    },
  },
  'pw-must-change': {
    login: (context, { password }) => {
      if (context.method !== 'password') context.reject(['password'])
      else context.requestChange(`${password} has expired, choose another`, () => context.reject())
    },
  },
  'pw-on-stderr': {
    netconf: (channel, { password }) => {
      channel.stderr.write(`netconf: ${password} may not do this\n`)
      channel.exit(1)
      channel.end()
    },
  },
  'pw-before-hello': { netconf: (channel, { password }) => channel.end(`Welcome, ${password}!\n`) },
  'pw-in-no-xml': { netconf: (channel, { password }) => channel.end(`<hello ${password}></hello>]]>]]>`) },
  'pw-as-namespace': {
    netconf: (channel, { password }) => channel.end(`<hello xmlns="urn:${password}"/>]]>]]>`),
  },
  'pw-as-element': { netconf: (channel, { password }) => channel.end(`<hello><${password}/></bye>]]>]]>`) },
  'pw-as-capability': { capabilities: ({ password }) => [`urn:example:${password}`] },
  'pw-as-facts': {
    capabilities: [IETF_SYSTEM],
    answer: (rpc, { password }) =>
      rpc.includes('system-state')
        ? `<data><system-state xmlns="${IETF_SYSTEM}"><platform><os-name>${password}</os-name><os-release>${password}</os-release></platform></system-state></data>`
        : null,
  },
  'pw-as-rpc-error': {
    capabilities: [IETF_SYSTEM],
    answer: (_rpc, { password }) =>
      `<rpc-error><error-type>application</error-type><error-tag>operation-failed</error-tag><error-severity>error</error-severity><error-message>${password}</error-message></rpc-error>`,
  },
}

const CREDENTIALS: Credential[] = [
  { name: 'password', username: USER, password: PASSWORD, match: { name: 'pw-*' } },
  { name: 'key', username: USER, privateKey: DECRYPTED, match: { name: 'key-*' } },
  { name: 'broken', username: USER, privateKey: DECRYPTED.slice(0, -60), match: { name: 'bad-*' } },
]

const EVERYTHING = `{
  devices {
    nodes {
      id name netconfSupported missingCapabilities probeHold nextProbeAt
      capabilities { uri namespace module features deviations }
      facts { hostname vendor model osVersion serialNumber readFrom }
      hostKey { algorithm fingerprint state offeredFingerprint }
      probes { nodes { outcome phase message algorithms { kex cipher mac hostKey legacy } } }
    }
  }
  refreshes { nodes { state error requestedBy progress { done byOutcome { outcome count } } } }
  gateway { version requiredCapabilities budgets { name } lastCompletedRefresh { id } }
  __schema { types { name fields { name } inputFields { name } } }
}`

/** Events of a life from the start to the end, with what failed in between. */
const LIFE = [
  'gateway.started',
  'sync.completed',
  'refresh.started',
  'probe.notes',
  'host_key.changed',
  'refresh.ended',
]

/** Requests that fail, each in its own way. */
const FAILING = [
  '{ devices(first: 5000) { totalCount } }',
  '{ device(name: "pw-good") { credential } }',
  '{ node(id: "x") { id } }',
  'mutation { trustHostKey(deviceId: "RGV2aWNlOjE", fingerprint: "SHA256:x") { device { id } } }',
  'mutation { cancelRefresh(id: "x") { refresh { id } } }',
]

async function startDevices(
  behaviours: Record<string, LabBehaviour> = DEVICES,
): Promise<{ devices: Map<string, LabDevice>; records: InventoryRecord[] }> {
  const started = await Promise.all(
    Object.entries(behaviours).map(
      async ([name, behaviour]) => [name, await startLabDevice(behaviour)] as const,
    ),
  )
  return {
    devices: new Map(started),
    records: started.map(([name, { host, port }]) => record(`France/Paris/${name}`, { address: host, port })),
  }
}

function expectNoCanary(outputs: Record<string, string>): void {
  const found = Object.entries(outputs).flatMap(([name, text]) =>
    CANARIES.flatMap((canary) => {
      const at = text.indexOf(canary)
      return at === -1 ? [] : [`${name}: …${text.slice(Math.max(0, at - 150), at + canary.length + 20)}…`]
    }),
  )
  expect(found).toEqual([])
}

/** The bytes of the database and of what stands beside it, as characters. */
async function databaseOf(path: string): Promise<string> {
  const folder = join(path, '..')
  const files = (await readdir(folder)).filter((name) => name.startsWith('rollcall.db'))
  return (await Promise.all(files.map((name) => readFile(join(folder, name), 'latin1')))).join('\n')
}

describe('a secret', () => {
  it('is in no log line, no answer and no row of a gateway, whatever devices do with it', async () => {
    const lines: string[] = []
    const log = createLogger({ level: 'trace', destination: { write: (line) => void lines.push(line) } })
    const { receiver, bodies, received } = await startReceiver()
    const { devices, records } = await startDevices()
    const { config, gateway, refresh, url } = await startGatewayOver(records, {
      credentials: CREDENTIALS,
      notify: [receiver],
      log,
    })
    await refresh()
    for (const device of ['pw-good', 'key-good']) devices.get(device)?.changeHostKey()
    await refresh()
    await refresh()

    const answers: string[] = []
    for (const query of [EVERYTHING, ...FAILING]) answers.push(await (await post(url, query)).text())
    const database = await databaseOf(config.database)
    await received(1)
    await gateway.close()
    const outputs = { log: lines.join(''), answers: answers.join('\n'), database }
    const webhooks = JSON.stringify(bodies())
    expectNoCanary({ ...outputs, webhooks })
    expect(webhooks).toContain('hostkey.changed')

    // The devices did get it and did say it, and all that was searched has something in it.
    for (const [name, { passwords }] of devices) {
      if (name.startsWith('pw-')) expect(passwords).toContain(PASSWORD)
      else expect(passwords).toEqual([])
      expect(outputs.answers).toContain(`"${name}"`)
    }
    for (const text of Object.values(outputs)) expect(text).toContain('HOST_KEY_CHANGED')
    expect(outputs.answers.match(/\[secret\]/g)?.length).toBeGreaterThan(6)
    expect(outputs.database).toContain('[secret]')
    // The log is that of a whole life.
    const events = lines.map((line) => JSON.parse(line).event)
    for (const event of LIFE) expect(events).toContain(event)
  })

  it('is not shown in part either, if the text of a device is cut off within it', async () => {
    const saying = (padding: number): LabBehaviour => ({
      netconf: (channel, { password }) => {
        channel.stderr.write(`${'x'.repeat(padding)}${password}\n`)
        channel.exit(1)
        channel.end()
      },
    })
    const { records } = await startDevices({ 'pw-most': saying(100), 'pw-half': saying(108) })
    const { ask, refresh } = await startGatewayOver(records, { credentials: CREDENTIALS })
    await refresh()
    const answer = JSON.stringify(await ask('{ devices { nodes { lastProbe { message } } } }'))
    expectNoCanary({ answer })
    expect(answer).toContain('xxxx')
  })

  it('is in no output of a command', async () => {
    const { devices, records } = await startDevices()
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-canary-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await writeSettled(join(folder, 'inventory.json'), JSON.stringify(records))
    await writeFile(join(folder, 'id_netops'), KEY)
    await writeFile(
      join(folder, 'rollcall.yaml'),
      `
sources: [{ name: lab, type: file, path: inventory.json }]
credentials:
  - { name: password, username: ${USER}, passwordEnv: CANARY_PASSWORD, match: { name: "pw-*" } }
  - { name: key, username: ${USER}, privateKeyFile: id_netops, passphraseEnv: CANARY_PASSPHRASE, match: { name: "key-*" } }
probe: { timeout: 60s }
log: { level: trace }
`,
    )
    const env = { CANARY_PASSWORD: PASSWORD, CANARY_PASSPHRASE: PASSPHRASE, CANARY_WRONG: WRONG_PASSPHRASE }
    const run = async (...args: string[]) => {
      // A process writes more than its command: the log at the level `trace`, for one.
      const start = args[0] === 'refresh' ? runRollcall : runInProcess
      const { stdout, stderr } = await start(args, { cwd: folder, env })
      return `${stdout}\n${stderr}`
    }
    const target = (name: string) => `127.0.0.1:${devices.get(name)?.port}`
    const withPassword = ['--user', USER, '--password-env', 'CANARY_PASSWORD']
    const withKey = ['--user', USER, '--key', 'id_netops', '--passphrase-env']
    const commands: Record<string, string[]> = {
      refresh: ['refresh', '--json'],
      'probe of a good device': ['probe', target('pw-good'), ...withPassword, '--json'],
      'probe of a device that tells facts': ['probe', target('pw-as-facts'), ...withPassword],
      'probe of a device that says it': ['probe', target('pw-on-stderr'), ...withPassword, '--json'],
      'probe with the key': ['probe', target('key-good'), ...withKey, 'CANARY_PASSPHRASE', '--json'],
      'probe with a wrong passphrase': ['probe', target('key-good'), ...withKey, 'CANARY_WRONG'],
      export: ['export', 'devices', '--all'],
    }
    const outputs: Record<string, string> = {}
    for (const [name, args] of Object.entries(commands)) outputs[name] = await run(...args)
    outputs.database = await databaseOf(join(folder, 'rollcall.db'))
    expectNoCanary(outputs)

    expect(outputs.refresh).toContain('SUPPORTED')
    expect(outputs['probe of a good device']).toContain('"SUPPORTED"')
    expect(outputs['probe of a device that tells facts']).toContain('[secret]')
    expect(outputs['probe of a device that says it']).toContain('[secret]')
    expect(outputs['probe with the key']).toContain('"SUPPORTED"')
    expect(outputs['probe with a wrong passphrase']).toContain(
      'a private key that the passphrase does not decrypt',
    )
    expect(outputs.export).toContain('pw-good')
  }, 60_000)
})

describe('an API token', () => {
  it('is in no log line, no answer and no row, whether it is good, wrong or revoked', async () => {
    const lines: string[] = []
    const log = createLogger({ level: 'trace', destination: { write: (line) => void lines.push(line) } })
    const { config, gateway, url } = await startGatewayOver([], {
      credentials: [],
      auth: { mode: 'tokens' },
      log,
    })
    const good = await newToken(gateway.store, 'good', 'ADMIN')
    const revoked = await newToken(gateway.store, 'gone', 'ADMIN')
    await gateway.store.tokens.revoke('gone', Date.now())
    const tokens = [good, revoked, newTokenSecret(), `${good}x`]
    const answers: string[] = []
    for (const token of tokens) {
      for (const query of [EVERYTHING, '{ viewer { name role } }', '{', ...FAILING]) {
        const response = await post(url, query, {}, bearer(token))
        answers.push(JSON.stringify([...response.headers]), await response.text())
      }
      const socket = createClient({
        url: url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        connectionParams: bearer(token),
        retryAttempts: 0,
      })
      const last = await socket.iterate({ query: '{ viewer { name } }' }).next().catch(String)
      answers.push(JSON.stringify(last))
      await socket.dispose()
    }
    const outputs = {
      log: lines.join(''),
      answers: answers.join('\n'),
      database: await databaseOf(config.database),
    }
    const secrets = tokens.map((token) => token.slice('rollcall_'.length, -4))
    const found = Object.entries(outputs).filter(([, text]) =>
      secrets.some((secret) => text.includes(secret)),
    )
    expect(found).toEqual([])

    // The good one was let in, the others were turned away, and its hash is there.
    expect(outputs.answers).toContain('{"name":"good","role":"ADMIN"}')
    expect(outputs.answers).toContain('UNAUTHENTICATED')
    expect(outputs.log).toContain('a wrong token was refused')
    expect(outputs.database).toContain(tokenHash(good))
  })
})

/** One in some two hundred of ssh2's keys is malformed, which its own parser tells. */
function newEncryptedKey(): string {
  for (;;) {
    const options = { cipher: 'aes256-ctr', passphrase: PASSPHRASE, rounds: 4 }
    const key = ssh2.utils.generateKeyPairSync('ed25519', options).private
    if (!(ssh2.utils.parseKey(key, PASSPHRASE) instanceof Error)) return key
  }
}

function decrypt(key: string): string {
  const answer = readPrivateKey(key, { passphrase: PASSPHRASE })
  if ('problem' in answer) throw new Error(answer.problem)
  return answer.key
}
