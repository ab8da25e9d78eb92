import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../../src/simulator/fleet.ts'
import { deriveKeyPair } from '../../src/simulator/key-pair.ts'
import { writeSettled } from '../support/settled-file.ts'
import { HAS_SSH_AGENT, startSshAgent, WITHOUT_SSH_AGENT } from '../support/ssh-agent.ts'
import { runInProcess } from './run-in-process.ts'
import { BIN, NODE_FLAGS } from './run-rollcall.ts'

const NAMES = [
  { name: 'core-1', site: 'FRA1' },
  { name: 'twin', site: 'FRA1' },
  { name: 'twin', site: 'BER2' },
  { name: 'bare', site: 'FRA1', credential: 'none' },
  { name: 'closed', site: 'FRA1', port: 1 },
]

let folder: string
let fleet: Fleet

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-probe-'))
  fleet = await startFleet({ devices: NAMES.length, faulty: 0 })
  const inventory = fleet.inventory.map((device, index) => ({
    ...device,
    key: null,
    country: 'C',
    ...NAMES[index],
  }))
  await writeSettled(join(folder, 'inventory.json'), JSON.stringify(inventory))
  await writeFile(
    join(folder, 'rollcall.yaml'),
    [
      'sources: [{ name: lab, type: file, path: inventory.json }]',
      `credentials: [{ name: lab, username: ${fleet.credential.username}, passwordEnv: LAB_PASSWORD }]`,
      'probe: { timeout: 60s, requiredCapabilities: ["urn:example:wanted"] }',
    ].join('\n'),
  )
  await run({}, 'sync')
})

afterAll(async () => {
  await fleet.close()
  await rm(folder, { recursive: true, force: true })
})

const PASSWORD = { LAB_PASSWORD: 'simulated' }
const run = (env: NodeJS.ProcessEnv, ...args: string[]) => runInProcess(args, { cwd: folder, env })
const placeOf = (index: number) => {
  const device = fleet.inventory[index]
  return `${device?.address}:${device?.port}`
}

describe('a device of the inventory', () => {
  it('is probed by its name, as a refresh does it, and nothing is stored', async () => {
    const { stdout, stderr, code } = await run(PASSWORD, 'probe', 'core-1')
    expect(stderr).toBe(`core-1 at FRA1, C: ${placeOf(0).replace(':', ' port ')}, credential "lab"\n`)
    expect(stdout).toContain('MISSING_CAPABILITIES in CLOSE')
    expect(stdout).toContain('Missing:\n  urn:example:wanted')
    expect(code).toBe(1)
    const { stdout: exported } = await run({}, 'export', 'devices', '--all')
    expect(JSON.parse(exported)[0]).toMatchObject({ lastOutcome: null })
  })

  it('may be one of several with its name', async () => {
    expect((await run(PASSWORD, 'probe', 'twin')).stderr).toBe(
      'rollcall: The inventory has several devices named "twin"; say which with --site, and with --country if needed.\n',
    )
    const { stderr, stdout } = await run(PASSWORD, 'probe', 'twin', '--site', 'BER2', '--no-facts')
    expect(stderr).toContain('twin at BER2, C: ')
    expect(stdout).toContain('MISSING_CAPABILITIES')
    expect((await run(PASSWORD, 'probe', 'twin', '--site', 'OSL')).stderr).toBe(
      'rollcall: The inventory has no device named "twin" at that place.\n',
    )
  })

  it('can be probed on another port and with another login', async () => {
    const args = ['--user', 'rollcall', '--password-env', 'OTHER']
    const { stdout } = await run(
      { OTHER: 'simulated' },
      'probe',
      `closed:${fleet.inventory[4]?.port}`,
      ...args,
    )
    expect(stdout).toContain('MISSING_CAPABILITIES')
    const refused = await run({ OTHER: 'simulated' }, 'probe', 'closed', ...args)
    expect(refused.stdout).toContain('CONNECTION_REFUSED')
    expect(refused.stdout).toContain('on which port: try closed:830 or closed:22.')
  })

  it('that is unknown is reported, unless a port or a login shows that it is a host', async () => {
    const { stderr, code } = await run(PASSWORD, 'probe', 'Core-1')
    expect(stderr).toBe(
      'rollcall: The inventory has no device named "Core-1". To probe a host of that name, give its port as well: Core-1:830.\n',
    )
    expect(code).toBe(1)
    const { stdout } = await run(
      PASSWORD,
      'probe',
      'localhost',
      '--password-env',
      'LAB_PASSWORD',
      '--timeout',
      '50s',
    )
    expect(stdout).toMatch(/^RESOLVE /)
  })

  it('without a credential needs a login', async () => {
    const { stderr, code } = await run(PASSWORD, 'probe', 'bare')
    expect(stderr).toMatch(/^rollcall: Give --password-env or --key/)
    expect(code).toBe(2)
  })
})

describe.skipIf(!HAS_SSH_AGENT)(`the login with a real ssh-agent (${WITHOUT_SSH_AGENT})`, () => {
  it('needs no option, also for a device without a credential', async () => {
    await using agent = await startSshAgent(fleet.credential.privateKey)
    const env = { ...PASSWORD, SSH_AUTH_SOCK: agent.socket }
    const host = await run(env, 'probe', placeOf(0), '--user', 'rollcall')
    expect(host.stdout).toContain('SUPPORTED in CLOSE')
    const device = await run(env, 'probe', 'bare', '--user', 'rollcall')
    expect(device.stdout).toContain('MISSING_CAPABILITIES in CLOSE')
  })

  it('says which keys were rejected, and that there are none', async () => {
    await using other = await startSshAgent(deriveKeyPair('other').privateKey)
    const rejected = await run({ SSH_AUTH_SOCK: other.socket }, 'probe', placeOf(0), '--user', 'rollcall')
    expect(rejected.stdout).toContain('The device rejected the keys of the ssh-agent for user rollcall;')
    await using empty = await startSshAgent()
    const { stderr } = await run({ SSH_AUTH_SOCK: empty.socket }, 'probe', placeOf(0))
    expect(stderr).toContain('The ssh-agent has no keys; add one with ssh-add.')
  })
})

/** Runs a command at a terminal of its own. `script` is a program of util-linux. */
function atTerminal(args: readonly string[]) {
  const command = [process.execPath, ...NODE_FLAGS, BIN, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    cwd: folder,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  let look = () => {}
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    look()
  })
  const finished = new Promise<{ code: number | null; shown: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, shown }))
  })
  const asked = new Promise<void>((resolve) => {
    look = () => {
      if (shown.includes('Password of rollcall: ')) resolve()
    }
  })
  return { type: (text: string) => asked.then(() => child.stdin.write(text)), finished }
}

const HAS_SCRIPT = spawnSync('script', ['--version']).error === undefined

describe.skipIf(!HAS_SCRIPT)('a password at a terminal (skipped where util-linux is missing)', () => {
  it('is asked for without being shown', async () => {
    const { type, finished } = atTerminal(['probe', placeOf(0), '--user', 'rollcall'])
    await type('simulax\u007fted\r')
    const { code, shown } = await finished
    expect(shown).toContain('SUPPORTED in CLOSE')
    expect(shown).not.toContain('simula')
    expect(code).toBe(0)
  })

  it('is no longer asked for after Ctrl-C', async () => {
    const { type, finished } = atTerminal(['probe', placeOf(0), '--user', 'rollcall'])
    await type('\u0003')
    const { code, shown } = await finished
    expect(shown).not.toContain('CONNECT')
    expect(code).toBe(130)
  })
})

it('an HTTP port is reported, and the ports of NETCONF are suggested', async () => {
  await using server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const { stdout } = await run(PASSWORD, 'probe', `127.0.0.1:${port}`, '--password-env', 'LAB_PASSWORD')
  expect(stdout).toContain('Not SSH: the device speaks HTTP on this port and sent "HTTP/1.1 400 Bad Request"')
  expect(stdout).toContain('\nNext: Find the port of NETCONF over SSH: try 127.0.0.1:830 or 127.0.0.1:22.\n')
  expect(stdout).not.toContain('legacy')
})
