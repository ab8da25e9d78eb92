import { setTimeout as later } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { ProbeTask } from '../../../src/netconf/report/probe-report.ts'
import { cancelledReport } from '../../../src/refresh/pool/unprobed-reports.ts'
import { NO_PROBER, type RemotePool } from '../../../src/refresh/remote/remote-pool.ts'
import { until } from '../../support/until.ts'
import {
  enginePool,
  openDatabase,
  passAMinute,
  proberQueue,
  startTestProber,
  testDatabase,
} from './support/queue.ts'
import { remoteTask, supportedReport } from './support/reports.ts'

const never = new AbortController().signal

const probeMany = (pool: RemotePool, count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      pool.probe(remoteTask({ host: `127.1.0.${index}` }), 'EMEA', never),
    ),
  )

/** Probes that end when their signal aborts. */
function probesThatWait() {
  const started: string[] = []
  const aborted: string[] = []
  const probe = async ({ host }: ProbeTask, signal: AbortSignal) => {
    started.push(host)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    aborted.push(host)
    return cancelledReport(Date.now())
  }
  return { started, aborted, probe }
}

it('returns what the probers of the region report', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url)
  const hosts: string[] = []
  const probe = async ({ host, credential }: ProbeTask) => {
    hosts.push(host)
    return supportedReport({
      message: `${host} as ${credential.username}`,
      capabilities: ['urn:a', 'urn:b'],
      peer: {
        ...supportedReport().peer,
        hostKey: { algorithm: 'ssh-ed25519', fingerprint: `SHA256:${host}`, verified: true },
      },
    })
  }
  await startTestProber(url, { probe })
  await startTestProber(url, { probe })
  const reports = await probeMany(pool, 100)
  expect(hosts).toHaveLength(100)
  expect(new Set(hosts).size).toBe(100)
  expect(reports[7]).toMatchObject({
    outcome: 'SUPPORTED',
    message: '127.1.0.7 as netops',
    capabilities: ['urn:a', 'urn:b'],
    peer: { hostKey: { fingerprint: 'SHA256:127.1.0.7', verified: true } },
  })
})

it('leaves nothing in the queue, and no secret while something is there', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url)
  const database = await openDatabase(url)
  const jobs = async () => (await database.executeSql('select * from rollcall_queue.job')).rows
  const { probe, started } = probesThatWait()
  const abort = new AbortController()
  const waiting = pool.probe(remoteTask(), 'EMEA', abort.signal)
  await startTestProber(url, { probe })
  await until(() => started.length > 0)
  const text = JSON.stringify(await jobs())
  expect(text).toContain('127.0.0.9')
  expect(text).toContain('core')
  expect(text).not.toMatch(/horse|netops|password/)
  abort.abort()
  await waiting
  await until(async () => (await jobs()).length === 0)
})

it('skips a device whose credential the prober does not have', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url)
  await startTestProber(url, { credentials: [] })
  expect(await pool.probe(remoteTask(), 'EMEA', never)).toMatchObject({
    outcome: 'SKIPPED',
    message:
      'The prober prober:1 of the region EMEA has no credential "core"; add it to `credentials` in the configuration ' +
      'of the prober.',
  })
})

it('ends a cancelled probe at once, and at its prober within a second', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url)
  const { probe, started, aborted } = probesThatWait()
  const prober = await startTestProber(url, { probe, concurrency: 2 })
  const abort = new AbortController()
  const waiting = [1, 2, 3].map((id) => pool.probe(remoteTask({ host: `h${id}` }), 'EMEA', abort.signal))
  await until(() => started.length === 2)
  abort.abort()
  expect((await Promise.all(waiting)).map((report) => report !== NO_PROBER && report.outcome)).toEqual([
    'CANCELLED',
    'CANCELLED',
    'CANCELLED',
  ])
  await until(() => aborted.length === 2)
  await until(() => prober.inFlight === 0)
  expect(started).toHaveLength(2)
})

it('has a device probed by another prober if one dies', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url)
  const database = await openDatabase(url)
  // It takes the task, and is never heard of again.
  const dead = await proberQueue(url)
  const waiting = pool.probe(remoteTask(), 'EMEA', never)
  const [taken] = await until(async () => {
    const tasks = await dead.take('EMEA', 10)
    return tasks.length > 0 && tasks
  })
  await passAMinute(database)
  await startTestProber(url)
  expect(await waiting).toMatchObject({ outcome: 'SUPPORTED' })
  // It was alive after all, and answers: nobody waits for that.
  await dead.answer('00000000-0000-4000-8000-000000000001', messageFor(taken?.claim.id ?? ''))
  expect(await probeMany(pool, 3)).toMatchObject([
    { outcome: 'SUPPORTED' },
    { outcome: 'SUPPORTED' },
    { outcome: 'SUPPORTED' },
  ])
})

it('does not try a device a third time', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url)
  const database = await openDatabase(url)
  const dead = await proberQueue(url)
  const waiting = pool.probe(remoteTask(), 'EMEA', never)
  for (const _ of ['first', 'second']) {
    await until(async () => (await dead.take('EMEA', 10)).length > 0)
    await passAMinute(database)
  }
  const prober = await startTestProber(url)
  expect(await waiting).toMatchObject({
    outcome: 'SKIPPED',
    message: expect.stringContaining('Two probers of the region EMEA stopped while they probed this device'),
  })
  expect(prober.inFlight).toBe(0)
  await until(async () => (await database.executeSql('select * from rollcall_queue.job')).rows.length === 0)
})

it('settles a probe with its first answer', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url)
  const queue = await proberQueue(url)
  const waiting = pool.probe(remoteTask(), 'EMEA', never)
  const [taken] = await until(async () => {
    const tasks = await queue.take('EMEA', 10)
    return tasks.length > 0 && tasks
  })
  const id = taken?.claim.id ?? ''
  await queue.answer('00000000-0000-4000-8000-000000000001', messageFor(id, 'first'))
  await queue.answer('00000000-0000-4000-8000-000000000002', messageFor(id, 'second'))
  expect(await waiting).toMatchObject({ message: 'first' })
  await startTestProber(url)
  expect(await probeMany(pool, 5)).toHaveLength(5)
})

it('goes on after a message that it cannot read', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url)
  const queue = await proberQueue(url)
  const waiting = probeMany(pool, 3)
  await queue.answer('00000000-0000-4000-8000-000000000001', '{"answers":')
  await queue.answer('00000000-0000-4000-8000-000000000002', '{"answers":[{}],"lists":[]}')
  await startTestProber(url)
  expect(await waiting).toMatchObject([{}, {}, {}])
})

it('takes the times of a prober whose clock differs as far as they can be true', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url)
  const skewMs = 5 * 60_000
  await startTestProber(url, {
    probe: async ({ host }) =>
      supportedReport({ startedAt: Date.now() + (host === 'ahead' ? skewMs : -skewMs), durationMs: 5 }),
  })
  const before = Date.now()
  for (const host of ['ahead', 'behind']) {
    const report = await pool.probe(remoteTask({ host }), 'EMEA', never)
    if (report === NO_PROBER) throw new Error('There is a prober.')
    expect(report.startedAt).toBeGreaterThanOrEqual(before)
    expect(report.startedAt).toBeLessThanOrEqual(Date.now())
  }
})

it('gives up the devices of a region whose probers are gone', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url, { regions: ['EMEA', 'APAC'] })
  const [emea, apac] = ['EMEA', 'APAC'].map((region) => pool.probe(remoteTask(), region, never))
  await later(0)
  pool.takeBack('EMEA')
  expect(await emea).toBe(NO_PROBER)
  await startTestProber(url, { regions: ['EMEA', 'APAC'] })
  expect(await apac).toMatchObject({ outcome: 'SUPPORTED' })
})

it('cancels what is in flight when it closes, and takes it out of the queue', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url)
  const database = await openDatabase(url)
  const waiting = probeMany(pool, 20)
  await until(async () => (await database.executeSql('select * from rollcall_queue.job')).rows.length === 20)
  await pool.close()
  expect(await waiting).toEqual(Array(20).fill(expect.objectContaining({ outcome: 'CANCELLED' })))
  expect((await database.executeSql('select * from rollcall_queue.job')).rows).toEqual([])
  expect(await pool.probe(remoteTask(), 'EMEA', never)).toMatchObject({ outcome: 'CANCELLED' })
})

function messageFor(id: string, message = ''): string {
  return JSON.stringify({ answers: [{ id, report: supportedReport({ message }), list: null }], lists: [] })
}
