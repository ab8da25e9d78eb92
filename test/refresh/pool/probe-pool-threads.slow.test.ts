import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createLogger, silentLogger } from '../../../src/base/log.ts'
import type { ProbeTask } from '../../../src/netconf/report/probe-report.ts'
import { SharedCapabilityLists } from '../../../src/refresh/pool/probe-messages.ts'
import { ProbePool } from '../../../src/refresh/pool/probe-pool.ts'
import { ProbeWorker } from '../../../src/refresh/pool/probe-worker.ts'
import { type FleetProcess, spawnFleet } from '../../../src/simulator/spawn-fleet.ts'
import { probeTask } from '../../support/probe-task.ts'
import { startedThreads } from '../../support/started-threads.ts'

const MISBEHAVING = new URL('../support/misbehaving-thread.ts', import.meta.url)
const FORGETFUL = new URL('../support/forgetful-thread.ts', import.meta.url)
/** What these threads trip over; a thread's main file cannot be imported here. */
const STALLS = 'stalls.invalid'
const DIES = 'dies.invalid'
const DELAYS = 'delays.invalid'

const { signal } = new AbortController()
let fleet: FleetProcess

beforeAll(async () => {
  fleet = await spawnFleet({ devices: 4, faulty: 0 })
})

afterAll(() => fleet.close())

function newPool(options: { threadFile?: URL; workers?: number; stallMs?: number; keepMs?: number }) {
  const log: string[] = []
  const pool = new ProbePool({
    workers: 1,
    log: createLogger({ level: 'warn', destination: { write: (line) => void log.push(line) } }),
    ...options,
  })
  onTestFinished(() => pool.close())
  return { pool, log }
}

function task(more: Partial<ProbeTask> = {}): ProbeTask {
  const [device] = fleet.inventory
  if (device === undefined) throw new Error('The fleet is empty.')
  return probeTask({ host: device.address, port: device.port, credential: fleet.credential, ...more })
}

it('replaces a stalled thread; probes of other threads and later ones continue', async () => {
  const { pool, log } = newPool({ threadFile: MISBEHAVING, workers: 2, stallMs: 3_000 })
  const stalled = pool.probe(task({ host: STALLS, timeoutMs: 60_000 }), signal)
  const elsewhere = pool.probe(task(), signal)
  const besides = pool.probe(task(), signal)

  expect((await elsewhere).outcome).toBe('SUPPORTED')
  for (const report of await Promise.all([stalled, besides])) {
    expect(report.outcome).toBe('TIMEOUT')
    expect(report.message).toMatch(
      /^Rollcall's probe thread stalled for 3(\.\d)? s .* refresh the device again\.$/,
    )
    expect(report.durationMs).toBeGreaterThan(1_500)
  }
  const later = await Promise.all([1, 2, 3].map(() => pool.probe(task(), signal)))
  expect(later.map(({ outcome }) => outcome)).toEqual(['SUPPORTED', 'SUPPORTED', 'SUPPORTED'])
  expect(pool.stats()).toEqual({ workers: 2, inFlight: 0, replaced: 1 })
  expect(log.map((line) => JSON.parse(line))).toMatchObject([
    { msg: 'a probe thread stalled and is replaced', probes: 2 },
  ])
})

it('ends cancelled probes as CANCELLED if the thread stalls', async () => {
  const { pool } = newPool({ threadFile: MISBEHAVING, stallMs: 500 })
  const controller = new AbortController()
  const stalled = pool.probe(task({ host: STALLS, timeoutMs: 60_000 }), controller.signal)
  controller.abort()
  expect((await stalled).outcome).toBe('CANCELLED')
})

it("neither replaces a thread nor abandons a probe because the pool's own thread stalled", async () => {
  const { pool } = newPool({ stallMs: 3_000 })
  expect((await pool.probe(task(), signal)).outcome).toBe('SUPPORTED')
  // Its report, and any number of ticks, are due by the time this thread goes on.
  const running = pool.probe(task({ timeoutMs: 3_000 }), signal)
  await setImmediate()
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000)
  expect((await running).outcome).toBe('SUPPORTED')
  expect(pool.stats().replaced).toBe(0)
})

it('replaces a thread that dies; its probes are SKIPPED and later ones continue', async () => {
  const { pool, log } = newPool({ threadFile: MISBEHAVING })
  const lost = await Promise.all([pool.probe(task({ host: DIES }), signal), pool.probe(task(), signal)])
  expect(lost.map(({ outcome }) => outcome)).toEqual(['SKIPPED', 'SKIPPED'])
  expect(lost[0]?.message).toMatch(/^Rollcall failed with an internal error/)
  expect((await pool.probe(task(), signal)).outcome).toBe('SUPPORTED')
  expect(pool.stats()).toEqual({ workers: 1, inFlight: 0, replaced: 1 })
  expect(log.map((line) => JSON.parse(line))).toMatchObject([
    { msg: 'a probe thread died and is replaced', probes: 2, err: { message: 'The thread fell over.' } },
  ])
})

it('refuses probes if every thread dies at once, retries less and less often, and recovers', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'thread.mjs')
  await writeFile(file, "throw new Error('stillborn')\n")
  const started = startedThreads()
  const { pool, log } = newPool({ threadFile: pathToFileURL(file), keepMs: 1 })

  const refused = { outcome: 'SKIPPED', message: expect.stringMatching(/keep ending/), shortage: true }
  // The first waits for a thread as long as another is tried.
  expect(await pool.probe(task(), signal)).toMatchObject(refused)
  expect(await pool.probe(task(), signal)).toMatchObject(refused)
  expect(pool.stats()).toEqual({ workers: 1, inFlight: 0, replaced: 5 })
  expect(log.length).toBe(5)

  const threadFile = new URL('../../../src/refresh/pool/probe-thread.ts', import.meta.url)
  await writeFile(file, `import '${threadFile.href}'\n`)
  await expect.poll(async () => (await pool.probe(task(), signal)).outcome).toBe('SUPPORTED')
  // It goes on even if the thread that came up at last is not needed for a while.
  expect(started.length).toBeGreaterThan(5)
  await started.at(-1)?.hasEnded
  expect((await pool.probe(task(), signal)).outcome).toBe('SUPPORTED')
})

it('ends a thread that had no probe for a while, and starts another for the next one', async () => {
  const started = startedThreads()
  const kept = newPool({ stallMs: 1_000 })
  await kept.pool.probe(task(), signal)
  const { pool, log } = newPool({ stallMs: 1_000, keepMs: 1 })
  expect((await pool.probe(task(), signal)).outcome).toBe('SUPPORTED')
  expect(started.length).toBe(2)
  await started[1]?.hasEnded
  const again = await Promise.all([1, 2].map(() => pool.probe(task(), signal)))
  expect(again.map(({ outcome }) => outcome)).toEqual(['SUPPORTED', 'SUPPORTED'])
  await kept.pool.probe(task(), signal)
  expect(started.length).toBe(3)
  expect(pool.stats()).toEqual({ workers: 1, inFlight: 0, replaced: 0 })
  expect(log).toEqual([])
})

it('keeps a thread that had a probe since the last tick, however long there was none before', async () => {
  const started = startedThreads()
  const worker = new ProbeWorker({
    threadFile: new URL('../../../src/refresh/pool/probe-thread.ts', import.meta.url),
    stallMs: 10_000,
    keepMs: 2_000,
    tickMs: 1_000,
    lists: new SharedCapabilityLists(),
    log: silentLogger,
  })
  onTestFinished(() => worker.close())
  const probe = () => worker.probe(task(), signal, () => undefined)
  for (let ticks = 0; ticks < 10; ticks += 1) worker.tick()
  await probe()
  worker.tick()
  await probe()
  expect(started.length).toBe(1)
  worker.tick()
  worker.tick()
  await probe()
  expect(started.length).toBe(2)
})

it('ends no thread while a probe is in flight', async () => {
  const silent = createServer()
  onTestFinished(() => void silent.close())
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  const { port } = silent.address() as AddressInfo
  const started = startedThreads()
  // A tick is 100 ms, so there are ten of them.
  const { pool } = newPool({ stallMs: 1_000, keepMs: 1 })
  const report = await pool.probe(task({ host: '127.0.0.1', port, timeoutMs: 1_000 }), signal)
  expect(report).toMatchObject({ outcome: 'TIMEOUT', phase: 'KEY_EXCHANGE' })
  expect(started.length).toBe(1)
  await started[0]?.hasEnded
})

it('passes the probes of a thread that did not start to the next one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'thread.mjs')
  const threadFile = new URL('../../../src/refresh/pool/probe-thread.ts', import.meta.url)
  // Only the first one fails.
  await writeFile(
    file,
    `import { existsSync, writeFileSync } from 'node:fs'
    const mark = ${JSON.stringify(join(folder, 'mark'))}
    if (!existsSync(mark)) { writeFileSync(mark, ''); throw new Error('stillborn') }
    await import('${threadFile.href}')`,
  )
  const { pool } = newPool({ threadFile: pathToFileURL(file) })
  const probes = [1, 2, 3].map(() => pool.probe(task(), signal))
  expect((await Promise.all(probes)).map(({ outcome }) => outcome)).toEqual(Array(3).fill('SUPPORTED'))
  expect(pool.stats().replaced).toBe(1)
})

it('refuses probes if the system cannot create another thread', async () => {
  // The constructor of a worker throws for it, as it does where no thread can be created.
  const { pool } = newPool({ threadFile: new URL('http://127.0.0.1/thread.mjs') })
  expect(await pool.probe(task(), signal)).toMatchObject({ outcome: 'SKIPPED', shortage: true })
  expect(pool.stats()).toEqual({ workers: 1, inFlight: 0, replaced: 5 })
})

it('abandons a probe that its thread never answers', async () => {
  const { pool, log } = newPool({ threadFile: FORGETFUL, stallMs: 3_000 })
  const report = await pool.probe(task({ timeoutMs: 100 }), signal)
  expect(report).toMatchObject({ outcome: 'TIMEOUT', phase: 'QUEUED' })
  expect(report.message).toBe(
    'The probe did not end within 100 ms and was abandoned; refresh the device again.',
  )
  expect(pool.stats()).toEqual({ workers: 1, inFlight: 0, replaced: 0 })
  expect(log.length).toBe(1)
})

it.runIf(process.platform === 'linux')('gives its threads a lower priority', async () => {
  const niceValues = () =>
    readdirSync('/proc/self/task').map((id) => {
      const stat = readFileSync(`/proc/self/task/${id}/stat`, 'latin1')
      // proc(5): the 19th field; the second may have spaces in it.
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
    })
  const { pool } = newPool({ workers: 1 })
  const before = niceValues().filter((nice) => nice > getPriority()).length
  await pool.probe(task(), signal)
  expect(niceValues().filter((nice) => nice > getPriority()).length).toBe(before + 1)
})

it('is busy while the timers of a thread are late', async () => {
  const { pool } = newPool({ threadFile: MISBEHAVING })
  await pool.probe(task(), signal)
  await expect.poll(() => pool.isBusy()).toBe(false)
  const delayed = pool.probe(task({ host: DELAYS }), signal)

  await expect.poll(() => pool.isBusy(), { interval: 5 }).toBe(true)
  await expect.poll(() => pool.isBusy()).toBe(false)
  await delayed
})
