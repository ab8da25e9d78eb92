import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Fleet, startFleet } from '../../src/simulator/fleet.ts'
import { dataOf } from '../support/graphql-answer.ts'
import { writeSettled } from '../support/settled-file.ts'
import { startInProcess } from './run-in-process.ts'
import { type RunOptions, runRollcall, startRollcall } from './run-rollcall.ts'

/** A disk that never has room, on Linux. */
const FULL = '/dev/full'
let folder: string
let fleet: Fleet

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-faults-'))
  fleet = await startFleet({ devices: 60, faulty: 0 })
  await writeSettled(join(folder, 'fleet.json'), JSON.stringify(fleet.inventory))
})

afterAll(async () => {
  await fleet.close()
  await rm(folder, { recursive: true, force: true })
})

const env = { LAB_PASSWORD: 'simulated' }

/** A folder with the configuration of a gateway over the fleet. */
async function newFolder(): Promise<string> {
  const cwd = await mkdtemp(join(folder, 'gateway-'))
  await writeFile(
    join(cwd, 'rollcall.yaml'),
    [
      'server: { port: 0 }',
      'workers: 1',
      'schedule: { onStart: false }',
      'sources: [{ name: lab, type: file, path: ../fleet.json }]',
      'credentials: [{ name: lab, username: rollcall, passwordEnv: LAB_PASSWORD }]',
    ].join('\n'),
  )
  return cwd
}

/** Runs `rollcall serve` over the fleet in a process of its own. */
async function serve(options: Partial<RunOptions> = {}) {
  const cwd = await newFolder()
  const running = startRollcall(['serve'], { cwd, env, ...options })
  onTestFinished(async () => {
    running.child.kill('SIGKILL')
    await running.finished
  })
  return { ...running, cwd, url: async () => (await running.printed(/http:\S+\/graphql/))[0] }
}

async function refreshed(url: string): Promise<unknown> {
  const { startRefresh } = await dataOf<{ startRefresh: { refresh: { id: string } } }>(
    url,
    'mutation { startRefresh(input: {}) { refresh { id } } }',
  )
  const query = `query Refresh($id: ID!) {
    node(id: $id) { ... on Refresh { state error progress { byOutcome { outcome count } } } } }`
  const ask = () =>
    dataOf<{ node: { state: string; progress: object } }>(url, query, { id: startRefresh.refresh.id })
  await expect
    .poll(async () => (await ask()).node.state, { interval: 100 })
    .not.toMatch(/QUEUED|SYNCING|PROBING/)
  return (await ask()).node
}

/** What `serve` leaves when it has ended in order: the write-ahead log is in the database. */
const LEFT = ['rollcall.db', 'rollcall.db-lock', 'rollcall.yaml']

describe('signals', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s ends the gateway in order', async (signal) => {
    const cwd = await newFolder()
    const gateway = startInProcess(['serve'], { cwd, env })
    await gateway.printed(/http:\S+\/graphql/)
    gateway.signal(signal)
    const { code, stderr } = await gateway.finished
    expect(code).toBe(0)
    expect(stderr).toContain(`"signal":"${signal}"`)
    expect(await readdir(cwd)).toEqual(LEFT)
  })

  it('of tools for log rotation neither open a debugger nor end the gateway', async () => {
    const gateway = await serve()
    const url = await gateway.url()
    gateway.child.kill('SIGUSR1')
    gateway.child.kill('SIGUSR2')
    // An answer takes several turns of the event loop, and the debugger says at once that it listens.
    expect(await dataOf(url, '{ summary { devices } }')).toEqual({ summary: { devices: 0 } })
    gateway.child.kill('SIGTERM')
    const { code, stderr } = await gateway.finished
    expect(code).toBe(0)
    expect(stderr).not.toMatch(/Debugger/)
    expect(await readdir(gateway.cwd)).toEqual(LEFT)
  })
})

describe('a command whose system call fails', () => {
  it('reports the failure, and not as a bug', async () => {
    const { code, stderr } = await runRollcall(['demo', '--devices', '1', '--port', '0'], {
      cwd: folder,
      env: { TMPDIR: join(folder, 'missing') },
    })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^rollcall: The system refused .*ENOENT.*missing.*\n$/)
  })

  it.skipIf(!existsSync(FULL))('says so where an export cannot be written', async () => {
    const cwd = await newFolder()
    expect(await runRollcall(['sync'], { cwd, env })).toMatchObject({ code: 0 })
    await using full = await open(FULL, 'w')
    const { code, stderr } = await runRollcall(['export', 'devices', '--all'], { cwd, stdout: full.fd })
    expect(stderr).toMatch(/^rollcall: The output cannot be written \(.*ENOSPC.*\); [^\n]+\n$/)
    expect(code).toBe(1)
  })
})

describe('the limit of open files', () => {
  it('refuses to start in one sentence if it is too low', async () => {
    const { finished } = await serve({ script: 'ulimit -n 32 && exec "$@"' })
    // How many it needs depends on its threads, and these on the cores.
    const message = /^rollcall: The limit of open files is 32; raise it to at least \d{3} \(ulimit -n\)\.\n$/
    expect(await finished).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(message) })
  })

  it('leaves enough for the database and the probes, whoever opens connections', async () => {
    const gateway = await serve({ script: 'ulimit -n 180 && exec "$@"' })
    const url = await gateway.url()
    const idle: Socket[] = []
    for (let count = 0; count < 200; count += 1) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined)
      onTestFinished(() => void socket.destroy())
      await once(socket, 'connect')
      idle.push(socket)
    }
    expect(await refreshed(url)).toEqual({
      state: 'COMPLETED',
      error: null,
      progress: { byOutcome: [{ outcome: 'SUPPORTED', count: 60 }] },
    })
  })
})
