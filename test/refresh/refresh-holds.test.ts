import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { probe } from '../../src/netconf/probe.ts'
import type { ProbeReport } from '../../src/netconf/probe-report.ts'
import type { RefreshRequest, RefreshService } from '../../src/refresh/refresh-service.ts'
import { withoutProbe } from '../../src/refresh/without-probe.ts'
import type { InventorySource } from '../../src/sources/source.ts'
import type { RefreshRow } from '../../src/store/refresh-store.ts'
import type { Store } from '../../src/store/store.ts'
import { newStore, sync } from '../store/support/fixture.ts'
import {
  CULPRITS,
  eventOf,
  HELD_MS,
  healthy,
  newService,
  outcomesOf,
  probesOf,
  refreshRequest,
  resultsOf,
  scopeOf,
  startTwelve,
  type TestFleet,
} from './support/fixture.ts'

let fleet: TestFleet
beforeAll(async () => {
  fleet = await startTwelve()
})
afterAll(() => fleet.close())

type ServiceOptions = Partial<Parameters<typeof newService>[0]>

async function newTwelve(options: ServiceOptions = {}) {
  const { store, path } = await newStore()
  await sync(store, fleet.records)
  return { store, path, service: newService({ store, fleet, ...options }) }
}

async function refresh(service: RefreshService, request: Partial<RefreshRequest> = {}): Promise<RefreshRow> {
  const { refresh: row } = await service.request(refreshRequest(request))
  return service.ended(row)
}

async function deviceNamed(store: Store, name: string) {
  const [device] = await store.devices.find(name)
  if (!device) throw new Error(`There is no ${name}.`)
  return device
}

describe('a device that fails', () => {
  it('is tried once more where it may go better, and has the one result of its last try', async () => {
    const tries: ProbeReport[] = []
    const { store, service } = await newTwelve({
      probe: async (task, signal) => {
        const isFirst = tries.length === 0
        const report = await probe(isFirst ? { ...task, port: 1 } : task, signal)
        tries.push(report)
        return report
      },
    })
    const scope = await scopeOf(store, { devices: ['d1'] })
    const { id } = await refresh(service, { scope })
    expect(tries.map(({ outcome }) => outcome)).toEqual(['CONNECTION_REFUSED', 'SUPPORTED'])
    expect(await probesOf(store, id)).toMatchObject([{ outcome: 'SUPPORTED', attempt: 2 }])
  })

  it('is not tried more often than `retries` says', async () => {
    let tries = 0
    const { store, service } = await newTwelve({
      throttle: { retries: 2 },
      probe: (task, signal) => {
        tries += 1
        return probe({ ...task, port: 1 }, signal)
      },
    })
    const { id } = await refresh(service, { scope: await scopeOf(store, { devices: ['d1'] }) })
    expect(tries).toBe(3)
    expect(await probesOf(store, id)).toMatchObject([{ outcome: 'CONNECTION_REFUSED', attempt: 3 }])
  })

  it('is not tried again where the try has used its time up, nor what was rejected', async () => {
    let tries = 0
    const { store, service } = await newTwelve({
      probe: (task, signal) => {
        tries += 1
        const password = tries === 1 ? 'another' : task.credential.password
        return probe({ ...task, credential: { ...task.credential, password, privateKey: undefined } }, signal)
      },
    })
    const { id } = await refresh(service, { scope: await scopeOf(store, { devices: ['d1'] }) })
    expect(await outcomesOf(store, id)).toEqual({ AUTH_FAILED: ['d1'] })
    expect(tries).toBe(1)
    await refresh(service, { scope: await scopeOf(store, { devices: ['d6'] }) })
    expect(tries).toBe(2)
  })

  it('keeps the result of its first try where the refresh is cancelled before the second', async () => {
    const clock = {
      ...systemClock,
      after: (delayMs: number, callback: () => void) => systemClock.after(delayMs, callback),
    }
    const firstTry = Promise.withResolvers<void>()
    const { store, service } = await newTwelve({
      clock,
      probe: async (task, signal) => {
        const report = await probe({ ...task, port: 1 }, signal)
        setImmediate(firstTry.resolve)
        return report
      },
    })
    const scope = await scopeOf(store, { devices: ['d1'] })
    const { refresh: row } = await service.request(refreshRequest({ scope }))
    await firstTry.promise
    expect(await service.cancel(row.id)).toMatchObject({ state: 'CANCELLED' })
    expect(await probesOf(store, row.id)).toMatchObject([{ outcome: 'CONNECTION_REFUSED', attempt: 1 }])
  })

  it('is left alone from its third failure on, until it is asked for by force', async () => {
    const { store, service } = await newTwelve()
    const scope = await scopeOf(store, { devices: ['d5', 'd6'] })
    for (const failures of [1, 2, 3]) {
      const { id } = await refresh(service, { scope })
      expect(await outcomesOf(store, id)).toEqual({ SUPPORTED: ['d5'], TIMEOUT: ['d6'] })
      const { backOffUntil } = await deviceNamed(store, 'd6')
      expect(backOffUntil === null).toBe(failures < 3)
    }
    const held = await deviceNamed(store, 'd6')
    const place = { site: 'Lyon', country: 'France', hostKey: null }
    expect(service.holdOf({ ...held, ...place })).toBe('BACKING_OFF')
    const skipped = await refresh(service, { scope })
    expect(await outcomesOf(store, skipped.id)).toEqual({ SUPPORTED: ['d5'], SKIPPED: ['d6'] })
    expect(await deviceNamed(store, 'd6')).toEqual(held)

    const forced = await refresh(service, { scope, force: true })
    expect(await outcomesOf(store, forced.id)).toEqual({ SUPPORTED: ['d5'], TIMEOUT: ['d6'] })
    expect((await deviceNamed(store, 'd6')).backOffUntil).toBeGreaterThan(held.backOffUntil ?? 0)
  })
})

describe('a credential that devices reject', () => {
  const wrong = () => [
    { name: 'wrong', match: null, ...fleet.credential, password: 'not this', privateKey: undefined },
  ]

  it('is tried no more often in a row than it may be rejected, and the rest is skipped', async () => {
    let logins = 0
    const { store, service } = await newTwelve({
      credentials: wrong(),
      throttle: { suspendCredentialAfter: 3 },
      probe: (task, signal) => {
        logins += 1
        return probe(task, signal)
      },
    })
    const row = await refresh(service)
    expect(row).toMatchObject({ state: 'COMPLETED', outcomeCounts: { AUTH_FAILED: 3, SKIPPED: 9 } })
    expect(logins).toBe(3)
    const skipped = (await probesOf(store, row.id)).filter(({ outcome }) => outcome === 'SKIPPED')
    expect(skipped[0]?.message).toContain('"wrong" is suspended')
    expect(await service.credentials()).toMatchObject([{ name: 'wrong', state: 'SUSPENDED', rejections: 3 }])
    const place = { site: 'Paris', country: 'France', hostKey: null }
    expect(service.holdOf({ ...(await deviceNamed(store, 'd1')), ...place })).toBe('CREDENTIAL_SUSPENDED')

    expect(await refresh(service)).toMatchObject({ outcomeCounts: { SKIPPED: 12 } })
    expect(logins).toBe(3)
  })

  it('is tried on one device after a restart, and on the others only once that has accepted it', async () => {
    const { store, service } = await newTwelve({
      credentials: wrong(),
      throttle: { suspendCredentialAfter: 3 },
    })
    await refresh(service)
    await service.close()
    const still = newService({ store, fleet, credentials: wrong(), throttle: { suspendCredentialAfter: 3 } })
    expect(await refresh(still)).toMatchObject({ outcomeCounts: { AUTH_FAILED: 1, SKIPPED: 11 } })
    await still.close()

    let inFlight = 0
    const beforeProof: number[] = []
    const mended = newService({
      store,
      fleet,
      credentials: [{ name: 'wrong', match: null, ...fleet.credential }],
      probe: async (task, signal) => {
        inFlight += 1
        const [credential] = await mended.credentials()
        if (credential?.state === 'ON_TRIAL') beforeProof.push(inFlight)
        const report = await probe(task, signal)
        inFlight -= 1
        return report
      },
    })
    const row = await refresh(mended, { force: true })
    expect(await outcomesOf(store, row.id)).toEqual({ SUPPORTED: healthy(), TIMEOUT: CULPRITS })
    expect(beforeProof).toEqual([1])
    expect(await mended.credentials()).toMatchObject([{ state: 'ACTIVE', rejections: 0, suspendedAt: null }])
  })

  it('is resumed by asking the device that accepted it last', async () => {
    const accounts = { isMended: true }
    const { store, service } = await newTwelve({
      throttle: { suspendCredentialAfter: 3 },
      probe: (task, signal) => {
        const password = accounts.isMended ? task.credential.password : 'not this'
        return probe({ ...task, credential: { ...task.credential, password, privateKey: undefined } }, signal)
      },
    })
    await refresh(service, { scope: await scopeOf(store, { devices: ['d9'] }) })
    accounts.isMended = false
    await refresh(service)
    expect(await service.credentials()).toMatchObject([{ state: 'SUSPENDED' }])

    const early = await service.resumeCredential('default', 'tester')
    expect(early).toMatchObject({ credential: { state: 'ON_TRIAL' }, refresh: { requestedBy: 'tester' } })
    if (!early.refresh) throw new Error('There is no canary.')
    await service.ended(early.refresh)
    expect(await outcomesOf(store, early.refresh.id)).toEqual({ AUTH_FAILED: ['d9'] })
    expect(await service.credentials()).toMatchObject([{ state: 'SUSPENDED', rejections: 4 }])

    accounts.isMended = true
    const canary = (await service.resumeCredential('default', 'tester')).refresh
    if (!canary) throw new Error('There is no canary.')
    await service.ended(canary)
    expect(await outcomesOf(store, canary.id)).toEqual({ SUPPORTED: ['d9'] })
    expect(await service.resumeCredential('default', 'tester')).toMatchObject({
      credential: { state: 'ACTIVE' },
      refresh: null,
    })
    expect(await refresh(service)).toMatchObject({ outcomeCounts: { SUPPORTED: 10, TIMEOUT: 2 } })
  })

  it('cannot be resumed where the configuration has it not', async () => {
    const { service } = await newTwelve()
    await expect(service.resumeCredential('gone', null)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('a database that cannot be written', () => {
  it('pauses the refresh, which says so, and goes on without a loss when it can be again', async () => {
    const { store, path, service } = await newTwelve({ throttle: { concurrency: 2, perSite: 1 } })
    const other = new Sqlite(path)
    onTestFinished(() => {
      other.close()
    })
    const { refresh: row } = await service.request(refreshRequest())
    await eventOf(service, (event) => event.kind === 'results')
    other.exec('begin immediate')
    const paused = await eventOf(
      service,
      (event) => event.kind === 'state' && service.progress(event.refresh).pausedBecause !== null,
    )
    expect(paused).toMatchObject({ refresh: { id: row.id, state: 'PROBING' } })
    expect(service.pausedBecause).toContain('is locked by another process')
    other.exec('commit')
    expect(await service.ended(row)).toMatchObject({ state: 'COMPLETED', error: null })
    expect(service.pausedBecause).toBeNull()
    expect(await outcomesOf(store, row.id)).toEqual({ SUPPORTED: healthy(), TIMEOUT: CULPRITS })
  })

  it('makes a sync wait that has fetched its inventory', async () => {
    const { store, path } = await newStore()
    let fetches = 0
    const source: InventorySource = {
      name: 'global',
      fetch: async () => {
        fetches += 1
        return { records: fleet.records, rejected: [] }
      },
    }
    const service = newService({ store, fleet, sources: [source] })
    const other = new Sqlite(path)
    onTestFinished(() => {
      other.close()
    })
    other.exec('begin immediate')
    const paused = Promise.withResolvers<void>()
    const synced = service.sync(new AbortController().signal)
    const watch = setInterval(() => service.pausedBecause !== null && paused.resolve(), 5)
    await paused.promise
    clearInterval(watch)
    other.exec('commit')
    expect(await synced).toMatchObject({ failures: [], plans: [{ created: 12 }] })
    expect(fetches).toBe(1)
  })

  it('lets a refresh be interrupted all the same', async () => {
    const { store, path, service } = await newTwelve()
    const other = new Sqlite(path)
    onTestFinished(() => {
      other.close()
    })
    const { refresh: row } = await service.request(refreshRequest())
    await eventOf(service, (event) => event.kind === 'state' && event.refresh.state === 'PROBING')
    other.exec('begin immediate')
    await eventOf(service, () => service.pausedBecause !== null)
    await service.close()
    other.exec('commit')
    expect(service.pausedBecause).toBeNull()
    const next = newService({ store, fleet })
    await next.resume()
    expect(await next.ended(row)).toMatchObject({ state: 'COMPLETED', total: 12 })
    expect(await outcomesOf(store, row.id)).toEqual({ SUPPORTED: healthy(), TIMEOUT: CULPRITS })
  })
})

describe('a refresh that does not come to its end', () => {
  it('is ended when the next one is due, and says so', async () => {
    const everyMs = 7_200_000
    const deadlines: (() => void)[] = []
    const clock: Clock = {
      now: systemClock.now,
      after(delayMs, callback) {
        if (delayMs !== everyMs) return systemClock.after(delayMs, callback)
        deadlines.push(callback)
        return () => undefined
      },
    }
    const { store, service } = await newTwelve({ everyMs, clock, timeoutMs: HELD_MS })
    const { refresh: under } = await service.request(refreshRequest())
    await resultsOf(service, 10)
    deadlines[0]?.()
    const row = await service.ended(under)
    expect(row.state).toBe('FAILED')
    expect(row.error).toMatch(/within 2 h.*`schedule.every`/)
    expect(await outcomesOf(store, row.id)).toEqual({ SUPPORTED: healthy(), CANCELLED: CULPRITS })
    expect(await refresh(service, { scope: await scopeOf(store, { devices: ['d1'] }) })).toMatchObject({
      state: 'COMPLETED',
    })
  })
})

it('skips what was decommissioned before its turn', async () => {
  const { store, service } = await newTwelve()
  const held = Promise.withResolvers<ProbeReport>()
  const first = newService({ store, fleet, probe: () => held.promise, throttle: { concurrency: 1 } })
  const { refresh: row } = await first.request(refreshRequest())
  await eventOf(first, (event) => event.kind === 'state' && event.refresh.state === 'PROBING')
  const closed = first.close()
  held.resolve({ ...withoutProbe('', 0), outcome: 'CANCELLED' })
  await closed
  await sync(store, fleet.records.slice(1))
  await service.resume()
  expect(await service.ended(row)).toMatchObject({ state: 'COMPLETED', outcomeCounts: { SKIPPED: 1 } })
  const [{ message } = { message: null }] = (await probesOf(store, row.id)).filter(
    ({ outcome }) => outcome === 'SKIPPED',
  )
  expect(message).toContain('inventory')
})
