import { expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import type { Config } from '../../../src/config/schema.ts'
import type { ProbeTask } from '../../../src/netconf/report/probe-report.ts'
import { RegionalProbing } from '../../../src/refresh/remote/regional-probing.ts'
import { defaultConfig } from '../../support/default-config.ts'
import { HandClock } from '../../support/hand-clock.ts'
import { probeTask } from '../../support/probe-task.ts'
import { until } from '../../support/until.ts'
import { openDatabase, startTestProber, testDatabase } from './support/queue.ts'
import { supportedReport } from './support/reports.ts'

const never = new AbortController().signal
const core = { name: 'core', username: 'netops', password: 'horse' }
const task = probeTask({ host: '127.0.0.9', port: 830, credential: core })
const FRANKFURT = { site: 'FRA1', country: 'Germany' }
const TOKYO = { site: 'TYO1', country: 'Japan' }
const LIMA = { site: 'LIM1', country: 'Peru' }

/** An engine with the regions EMEA and APAC, and the regions of its live probers. */
async function regional({
  probers,
  live = ['EMEA', 'APAC'],
}: {
  probers?: Partial<Config['probers']>
  live?: string[]
}) {
  const database = await testDatabase()
  const clock = new HandClock(Date.now())
  const locally: ProbeTask[] = []
  const probing = new RegionalProbing({
    config: defaultConfig({
      database,
      devices: {
        region: [
          { region: 'EMEA', country: 'Germany' },
          { region: 'APAC', country: 'Japan' },
        ],
      },
      probers: { default: 'local', fallback: 'skip', ...probers },
    }),
    local: async (given) => {
      locally.push(given)
      return supportedReport({ message: 'local' })
    },
    credentialOf: () => 'core',
    clock,
    log: silentLogger,
  })
  onTestFinished(() => probing.close())
  const { processes } = await openDatabase(database)
  const nameOf = (region: string) => `prober of ${region}`
  const join = (region: string) =>
    processes.heartbeat({
      name: nameOf(region),
      role: 'PROBER',
      regions: [region],
      version: '1.2.3',
      startedAt: 0,
      active: false,
      probesInFlight: 0,
      concurrency: 10,
    })
  for (const region of live) await join(region)
  await probing.start()
  const leave = async (region: string) => {
    await processes.remove(nameOf(region))
    clock.advance(20_000)
  }
  const start = (region: string) =>
    startTestProber(database, {
      regions: [region],
      probe: async () => supportedReport({ message: region }),
    })
  return { probing, clock, locally, start, join, leave }
}

it('has each device probed in its region', async () => {
  const { probing, start, locally } = await regional({})
  await start('EMEA')
  await start('APAC')
  const reports = [FRANKFURT, TOKYO, LIMA].map((device) => probing.probe(task, never, device))
  expect(await Promise.all(reports)).toMatchObject([
    { message: 'EMEA' },
    { message: 'APAC' },
    { message: 'local' },
  ])
  expect(locally).toEqual([task])
})

it('skips the devices of a region that has lost its probers', async () => {
  const { probing, start, leave } = await regional({})
  await start('APAC')
  const waiting = probing.probe(task, never, FRANKFURT)
  await leave('EMEA')
  const skipped = {
    outcome: 'SKIPPED',
    message:
      'The region EMEA has no live prober, so this device was not probed. Start one with `rollcall prober --region ' +
      'EMEA`, or set `probers.fallback` in the configuration.',
  }
  expect(await waiting).toMatchObject(skipped)
  expect(await probing.probe(task, never, FRANKFURT)).toMatchObject(skipped)
  expect(await probing.probe(task, never, TOKYO)).toMatchObject({ message: 'APAC' })
})

it('probes the devices of a region that has lost its probers elsewhere if that is configured', async () => {
  const { probing, start, leave } = await regional({ probers: { fallback: 'APAC' } })
  const prober = await start('APAC')
  const waiting = probing.probe(task, never, FRANKFURT)
  await leave('EMEA')
  expect(await waiting).toMatchObject({ message: 'APAC' })
  await prober.close()
  const later = probing.probe(task, never, TOKYO)
  await leave('APAC')
  expect(await later).toMatchObject({ outcome: 'SKIPPED' })
  expect(await probing.probe(task, never, TOKYO)).toMatchObject({ outcome: 'SKIPPED' })
})

it('probes the devices of a region that has lost its probers itself if that is configured', async () => {
  const { probing, leave } = await regional({ probers: { fallback: 'local' } })
  const waiting = probing.probe(task, never, FRANKFURT)
  await leave('EMEA')
  expect(await waiting).toMatchObject({ message: 'local' })
})

it('uses a region again once it has a prober', async () => {
  const { probing, clock, start, join, leave } = await regional({ live: [] })
  const waiting = probing.probe(task, never, FRANKFURT)
  await leave('EMEA')
  expect(await waiting).toMatchObject({ outcome: 'SKIPPED' })
  await join('EMEA')
  await start('EMEA')
  await until(async () => {
    clock.advance(2_000)
    return (await probing.probe(task, never, FRANKFURT)).outcome === 'SUPPORTED'
  })
})

it('admits half as many probes again as the probers of a region do at once', async () => {
  const { probing, clock, join, leave } = await regional({ live: ['EMEA'] })
  const { limits } = probing
  const limitsOf = () => ['EMEA', 'APAC', 'local'].map((region) => limits?.limitOf(region))
  const none = Number.POSITIVE_INFINITY
  expect(limits?.of(FRANKFURT)).toBe('EMEA')
  expect(limitsOf()).toEqual([15, 0, none])
  let changes = 0
  limits?.onChange(() => {
    changes += 1
  })
  await join('APAC')
  clock.advance(2_000)
  await until(async () => changes > 0)
  expect(limitsOf()).toEqual([15, 15, none])
  // Its devices end as SKIPPED, for which they need no room.
  await leave('EMEA')
  await until(async () => limits?.limitOf('EMEA') === none)
})

it('gives a region without a prober the limit of the region that replaces it', async () => {
  const { probing, clock, leave } = await regional({ live: ['APAC'], probers: { fallback: 'APAC' } })
  expect(probing.limits?.limitOf('EMEA')).toBe(0)
  await leave('EMEA')
  await until(async () => {
    clock.advance(2_000)
    return probing.limits?.limitOf('EMEA') === 15
  })
})

it('needs no database without regions', async () => {
  const probing = new RegionalProbing({
    config: defaultConfig({ database: '/nowhere/rollcall.db' }),
    local: async () => supportedReport({ message: 'local' }),
    credentialOf: () => null,
    clock: new HandClock(),
    log: silentLogger,
  })
  await probing.start()
  expect(probing.limits).toBe(null)
  expect(await probing.probe(task, never, LIMA)).toMatchObject({ message: 'local' })
  await probing.close()
})
