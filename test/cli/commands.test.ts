import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { probe } from '../../src/netconf/probe.ts'
import { type Fleet, startFleet } from '../../src/simulator/fleet.ts'
import { BASES, helloOf, sshDevice } from '../netconf/support/ssh-device.ts'
import { probeTask } from '../support/probe-task.ts'
import { writeSettled } from '../support/settled-file.ts'
import { runInProcess, startInProcess } from './run-in-process.ts'

const DEVICES = 12
let folder: string
let fleet: Fleet

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-cli-'))
  fleet = await startFleet({ devices: DEVICES, faulty: 1, faults: ['refuses-subsystem'] })
  await writeSettled(join(folder, 'fleet.json'), JSON.stringify(fleet.inventory))
  await writeFile(
    join(folder, 'rollcall.yaml'),
    [
      'server: { port: 0 }',
      'sources: [{ name: lab, type: file, path: fleet.json }]',
      'credentials: [{ name: lab, username: rollcall, passwordEnv: LAB_PASSWORD }]',
      'probe: { timeout: 60s }',
    ].join('\n'),
  )
})

afterAll(async () => {
  await fleet.close()
  await rm(folder, { recursive: true, force: true })
})

const env = { LAB_PASSWORD: 'simulated' }
const run = (...args: string[]) => runInProcess(args, { cwd: folder, env })

describe('a command that fails exits with 1 and one sentence', () => {
  const fails = async (yaml: string, ...command: string[]) => {
    await writeFile(join(folder, 'bad.yaml'), yaml)
    const { code, stdout, stderr } = await run(...command, '--config', 'bad.yaml')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).not.toMatch(/^ +at /m)
    return stderr
  }

  it('an unknown key', async () => {
    expect(await fails('probe: { timout: 1s }', 'serve')).toBe(
      'rollcall: bad.yaml:1: "probe.timout" is not a known key; did you mean "probe.timeout"?\n',
    )
  })

  it('a missing inventory, if no device is known', async () => {
    const yaml = 'database: ./missing.db\nsources: [{ name: lab, type: file, path: none.json }]'
    const stderr = await fails(yaml, 'refresh')
    expect(stderr).toContain('none.json does not exist')
    expect(stderr).toContain('No device is known')
  })

  it('a file that is not a database', async () => {
    await writeFile(join(folder, 'text'), 'text')
    expect(await fails('database: ./text', 'serve')).toMatch(
      /^rollcall: The database .*text is not a SQLite database/,
    )
    expect(await readFile(join(folder, 'text'), 'utf8')).toBe('text')
  })

  it('an export without a database', async () => {
    expect(await fails('database: ./never.db', 'export', 'devices')).toMatch(
      /^rollcall: There is no database/,
    )
    expect(readdirSync(folder)).not.toContain('never.db')
  })

  it('a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as { port: number }
    const yaml = `server: { port: ${port} }\ndatabase: ./port.db`
    expect(await fails(yaml, 'serve')).toMatch(/^(\{.*\}\n)*rollcall: Port \d+ on 127\.0\.0\.1 is in use/)
    other.close()
  })
})

describe('a refresh without a server', () => {
  it('syncs, probes, and says how it ended', async () => {
    const { code, stdout, stderr } = await run('refresh')
    expect(stdout).toMatch(
      /^OUTCOME {5}DEVICES\nSUPPORTED {3}11\nNO_NETCONF {2}1\n\nDEVICE .*\n\S+ +127\.\S+ +NO_NETCONF +\S.*\n$/,
    )
    expect(stderr).toContain(`Inventory "lab": ${DEVICES} created`)
    expect(stderr).toContain('COMPLETED  12/12')
    expect(code).toBe(0)
  })

  it('accepts names, and prints JSON', async () => {
    const [device] = fleet.inventory
    const names = ['--device', device?.name ?? '']
    const { code, stdout, stderr } = await run(
      ...['refresh', '--no-sync', '--force', ...names, '--json', '--fail-on', 'TIMEOUT,SUPPORTED'],
    )
    expect(stderr).toMatch(/^rollcall: 1 device ended as SUPPORTED \(--fail-on\)\.\n$/m)
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      refreshId: Buffer.from('Refresh:2').toString('base64url'),
      state: 'COMPLETED',
      total: 1,
      done: 1,
      error: null,
      firstNotSupported: [],
      suspendedCredentials: [],
    })
  })

  it('lists the devices that are not SUPPORTED, and the suspended credential', async () => {
    const wrong = { LAB_PASSWORD: 'wrong', ROLLCALL_DATABASE: './wrong.db' }
    const { code, stdout, stderr } = await runInProcess(['refresh'], { cwd: folder, env: wrong })
    expect(code).toBe(1)
    expect(stdout.match(/^\S+ +127\.\S+ +(AUTH_FAILED|SKIPPED) +\S/gm)).toHaveLength(10)
    expect(stdout).toMatch(/\n… and 2 more; .*\n$/)
    expect(stderr).toMatch(/^rollcall: The credential "lab" is suspended: devices rejected it \d+ times/m)
  })

  it('reports an unknown name, and that no device is due', async () => {
    expect(await run('refresh', '--no-sync', '--country', 'Atlantis')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no country named "Atlantis"'),
    })
    expect(await run('refresh', '--no-sync')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('No device was due'),
    })
  })

  it('fills a database that can be exported without the passwords', async () => {
    const run = (...args: string[]) => runInProcess(args, { cwd: folder })
    const hierarchy = JSON.parse((await run('export', 'hierarchy', '--all')).stdout)
    const supported = JSON.parse((await run('export', 'hierarchy', '--json')).stdout)
    const addresses = (tree: Record<string, Record<string, Record<string, string>>>) =>
      Object.values(tree).flatMap((sites) =>
        Object.values(sites).flatMap((devices) => Object.values(devices)),
      )
    expect(addresses(hierarchy).sort()).toEqual(fleet.inventory.map(({ address }) => address).sort())
    expect(addresses(supported)).toHaveLength(DEVICES - 1)
    const csv = (await run('export', 'devices', '--format', 'csv', '--all')).stdout.trim().split('\n')
    expect(csv[0]).toMatch(/^name,address,port,site,country,/)
    expect(csv).toHaveLength(DEVICES + 1)
    const ndjson = (await run('export', 'devices', '--format', 'ndjson')).stdout.trim().split('\n')
    expect(ndjson.map((line) => JSON.parse(line).netconfSupported)).toEqual(Array(DEVICES - 1).fill(true))
  })
})

describe('one probe', () => {
  const probe = (...args: string[]) => run('probe', ...args)

  it('prints the phases, the capabilities and the outcome', async () => {
    const [device] = fleet.inventory
    const target = `${device?.address}:${device?.port}`
    const { code, stdout } = await probe(target, '--user', 'rollcall', '--password-env', 'LAB_PASSWORD')
    expect(stdout).toMatch(/^CONNECT +\d/)
    expect(stdout).toContain('urn:ietf:params:netconf:base:1.')
    expect(stdout).toContain('\nSUPPORTED in CLOSE after ')
    expect(code).toBe(0)
  })

  it('prints the text of the device without control characters', async () => {
    await using device = await sshDevice({
      banner: 'Keep out \u009b2J',
      login: (context) => context.accept(),
      netconf: (channel) => channel.end('<hello>\x1b[2J'),
    })
    const { code, stdout } = await probe(`127.0.0.1:${device.port}`, '--password-env', 'LAB_PASSWORD')
    expect(stdout).toMatch(/^login banner +Keep out 2J$/m)
    expect(stdout).toMatch(/^sent, no hello +<hello> \[2J$/m)
    expect(stdout).toContain('PROTOCOL_ERROR in HELLO')
    expect(stdout).toContain('\nNext: Look at what the device sent (above);')
    expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{C}/u)
    expect(code).toBe(1)
  })

  it('prints capabilities without the control characters in them', async () => {
    await using device = await sshDevice({
      login: (context) => context.accept(),
      netconf: (channel) => {
        channel.write(`${helloOf([...BASES, 'urn:x\u009b2Jy\nSUPPORTED'])}]]>]]>`)
        channel.once('data', () => channel.close())
      },
    })
    const args = [`127.0.0.1:${device.port}`, '--password-env', 'LAB_PASSWORD']
    const { stdout } = await probe(...args)
    expect(stdout).toContain('\n  urn:x2JySUPPORTED\n')
    const json = await probe(...args, '--json')
    const { capabilities, startedAt } = JSON.parse(json.stdout)
    expect(capabilities).toContain('urn:x2JySUPPORTED')
    expect(startedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  })

  it('says what to try next if it fails', async () => {
    const { code, stdout } = await probe('127.0.0.1:1', '--user', 'x', '--password-env', 'LAB_PASSWORD')
    expect(stdout).toContain('CONNECTION_REFUSED in CONNECT')
    expect(stdout).toContain('\nNext: ')
    expect(code).toBe(1)
  })
})

describe('a command that runs until it is stopped', () => {
  it.each([
    ['no file', 'no configuration file was found in /.*/none, and there are no sources: '],
    ['an empty file', 'the configuration file /.*/rollcall\\.yaml names no sources: '],
  ])('serve warns once if it has %s', async (what, warning) => {
    const cwd = join(folder, 'none')
    await mkdir(cwd, { recursive: true })
    if (what !== 'no file') await writeFile(join(cwd, 'rollcall.yaml'), '')
    const served = startInProcess(['serve'], { cwd, env: { ROLLCALL_SERVER_PORT: '0' } })
    await served.printed(/will be probed/)
    served.signal('SIGTERM')
    const { code, stdout, stderr } = await served.finished
    expect(`${stdout}${stderr}`.match(new RegExp(warning, 'g'))).toHaveLength(1)
    expect(code).toBe(0)
  })

  it('serve answers, and closes in order on SIGTERM', async () => {
    const served = startInProcess(['serve'], { cwd: folder, env })
    const [url = ''] = await served.printed(/http:\S+graphql/)
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ summary { devices } }"}',
    })
    expect(await response.json()).toEqual({ data: { summary: { devices: DEVICES } } })
    served.signal('SIGTERM')
    expect((await served.finished).code).toBe(0)
  })

  it('simulate writes an inventory of its devices', async () => {
    const simulated = startInProcess(['simulate', '--devices', '3', '--inventory', 'three.json'], {
      cwd: folder,
    })
    await simulated.printed(/Ctrl-C stops them/)
    const records = JSON.parse(await readFile(join(folder, 'three.json'), 'utf8'))
    expect(records).toHaveLength(3)
    const { address: host, port } = records[2]
    const task = probeTask({ host, port, credential: { username: 'rollcall', password: 'simulated' } })
    expect(await probe(task, new AbortController().signal)).toMatchObject({ outcome: 'SUPPORTED' })
    simulated.signal('SIGINT')
    expect((await simulated.finished).code).toBe(0)
  })
})
