import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { hasEnded } from '../../src/refresh/progress.ts'
import { sync } from '../store/support/fixture.ts'
import { useTwelve } from './support/twelve.ts'

const twelve = useTwelve()

describe('a refresh', () => {
  it('probes everything, and distinguishes stalling devices from the others', async () => {
    const { store, service } = await twelve.service()
    const row = await twelve.refresh(service)
    expect(row).toMatchObject({
      state: 'COMPLETED',
      trigger: 'MUTATION',
      requestedBy: 'tester',
      total: 12,
      outcomeCounts: { SUPPORTED: 10, TIMEOUT: 2 },
      error: null,
    })
    expect(await store.refreshes.byIds([row.id])).toEqual([row])
    expect(await twelve.outcomesOf(store, row.id)).toEqual({
      SUPPORTED: twelve.healthy(),
      TIMEOUT: twelve.STALLING,
    })
    expect(await store.devices.summary()).toMatchObject({ devices: 12, supported: 10, unprobed: 0 })
  })

  it.each<[string, Parameters<typeof twelve.scopeOf>[1], string[]]>([
    ['a country', { countries: ['Italy'] }, ['d10', 'd11', 'd12', 'd9']],
    ['a site', { sites: ['Paris'] }, ['d1', 'd2', 'd3', 'd4']],
    ['devices', { devices: ['d2', 'd9'] }, ['d2', 'd9']],
    ['all of these together', { sites: ['Paris'], devices: ['d1', 'd9'] }, ['d1', 'd2', 'd3', 'd4', 'd9']],
  ])('probes the devices of %s, and no others', async (_name, names, devices) => {
    const { store, service } = await twelve.service()
    const row = await twelve.refresh(service, { scope: await twelve.scopeOf(store, names) })
    const outcomes = await twelve.outcomesOf(store, row.id)
    expect(Object.values(outcomes).flat().sort()).toEqual(devices)
    expect(row).toMatchObject({ state: 'COMPLETED', total: devices.length })
    expect(await store.devices.summary()).toMatchObject({ unprobed: 12 - devices.length })
  })

  it('does not probe a decommissioned device, even if it is named', async () => {
    const { store, service } = await twelve.service()
    const scope = await twelve.scopeOf(store, { devices: ['d1'] })
    await sync(
      store,
      twelve.fleet.records.filter(({ name }) => name !== 'd1'),
    )
    expect(await twelve.refresh(service, { scope })).toMatchObject({ state: 'COMPLETED', total: 0 })
  })

  it('uses the budgets up without exceeding them, also with several refreshes at once', async () => {
    const siteOf = new Map(
      twelve.fleet.records.map(({ address, port, site }) => [`${address}:${port}`, site]),
    )
    const running: string[] = []
    const peak = { all: 0, site: 0 }
    const { store, service } = await twelve.service({
      throttle: { concurrency: 5, perSite: 2 },
      probe: async (task, signal) => {
        const site = siteOf.get(`${task.host}:${task.port}`) ?? '?'
        running.push(site)
        const atSite = running.filter((other) => other === site).length
        peak.all = Math.max(peak.all, running.length)
        peak.site = Math.max(peak.site, atSite)
        try {
          return await twelve.patientProbe(task, signal)
        } finally {
          running.splice(running.indexOf(site), 1)
        }
      },
    })
    const requests = [
      await service.request(
        twelve.refreshRequest({ scope: await twelve.scopeOf(store, { countries: ['France'] }) }),
      ),
      await service.request(
        twelve.refreshRequest({ scope: await twelve.scopeOf(store, { countries: ['Italy'] }) }),
      ),
    ]
    await Promise.all(requests.map((requested) => service.ended(requested.refresh)))
    expect(peak).toEqual({ all: 5, site: 2 })
    expect(service.budgets()).toMatchObject([
      { name: 'concurrency', limit: 5, inUse: 0, waiting: 0 },
      { name: 'perSite', limit: 2, inUse: 0, waiting: 0 },
      { name: 'perCredential', limit: 5, inUse: 0, waiting: 0 },
      { name: 'starts', limit: 500, perSecond: true, waiting: 0 },
    ])
  })

  it('starts devices that stalled last time early, one behind each other device', async () => {
    const names = new Map(twelve.fleet.records.map(({ name, address, port }) => [`${address}:${port}`, name]))
    const started: string[] = []
    const { service } = await twelve.service({
      throttle: { concurrency: 1, perSite: 1 },
      probe: (task, signal) => {
        started.push(names.get(`${task.host}:${task.port}`) ?? '?')
        return twelve.patientProbe(task, signal)
      },
    })
    await twelve.refresh(service)
    expect(started.slice(-4)).toEqual(expect.arrayContaining(['d12']))
    started.length = 0
    await twelve.refresh(service, { force: true })

    const stalled = new Set(twelve.STALLING)
    expect(started.slice(0, 4).map((name) => stalled.has(name))).toEqual([false, true, false, true])
    expect(new Set(started).size).toBe(12)
  })

  it('reports its progress while it runs and when it has ended', async () => {
    const { service } = await twelve.service({ timeoutMs: twelve.HELD_MS })
    const { refresh: row } = await service.request(twelve.refreshRequest())
    await twelve.resultsOf(service, 10)
    expect(service.isRunning(row.id)).toBe(true)
    const progress = service.progress(row)
    expect(progress.probesPerSecond).toBeGreaterThan(0)
    expect(progress.etaMs).toBeGreaterThanOrEqual((2 / progress.probesPerSecond) * 1_000)
    expect(progress).toMatchObject({
      refreshId: row.id,
      state: 'PROBING',
      total: 12,
      done: 10,
      inFlight: 2,
      byOutcome: { SUPPORTED: 10 },
    })
    expect(service.budgets().slice(0, 2)).toMatchObject([{ inUse: 2, waiting: 0 }, { inUse: 1 }])
    const ended = await service.cancel(row.id)
    expect(service.isRunning(row.id)).toBe(false)
    expect(service.progress(ended)).toMatchObject({
      state: 'CANCELLED',
      done: 12,
      inFlight: 0,
      byOutcome: { SUPPORTED: 10, CANCELLED: 2 },
      etaMs: null,
    })
    expect(await service.ended(row)).toEqual(row)
  })

  it('announces its states in order, and no longer runs when its end is announced', async () => {
    const { store, service } = await twelve.service()
    const heard: { state: string; running: boolean }[] = []
    service.events.listen((event) => {
      if (event.kind !== 'state') return
      heard.push({ state: event.refresh.state, running: service.isRunning(event.refresh.id) })
    })
    await twelve.refresh(service, { sync: true, scope: await twelve.scopeOf(store, { devices: ['d1'] }) })
    expect(heard).toEqual([
      { state: 'SYNCING', running: true },
      { state: 'PROBING', running: true },
      { state: 'COMPLETED', running: false },
    ])
  })
})

describe('a request with an unknown id', () => {
  it.each<[string, object]>([
    ['country', { countryIds: [999] }],
    ['site', { siteIds: [999] }],
    ['device', { deviceIds: [1, 999] }],
  ])('is NOT_FOUND for a %s, and starts nothing', async (kind, ids) => {
    const { store, service } = await twelve.service()
    const scope = { countryIds: [], siteIds: [], deviceIds: [], ...ids }
    await expect(service.request(twelve.refreshRequest({ scope }))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining(kind),
    })
    expect(await store.refreshes.count()).toBe(0)
    expect(
      await twelve.refresh(service, { scope: await twelve.scopeOf(store, { devices: ['d1'] }) }),
    ).toMatchObject({
      state: 'COMPLETED',
    })
  })
})

describe('the cool-down', () => {
  it('skips devices that were probed within it, unless forced', async () => {
    const { store, service } = await twelve.service({ throttle: { coolDownMs: 60_000 } })
    const paris = await twelve.scopeOf(store, { sites: ['Paris'] })
    const both = await twelve.scopeOf(store, { sites: ['Paris'], devices: ['d9'] })
    expect(await twelve.refresh(service, { scope: paris })).toMatchObject({ total: 4 })
    expect(await twelve.refresh(service, { scope: paris })).toMatchObject({ state: 'COMPLETED', total: 0 })
    expect(await twelve.refresh(service, { scope: both })).toMatchObject({ state: 'COMPLETED', total: 1 })
    expect(await twelve.refresh(service, { scope: paris, force: true })).toMatchObject({
      total: 4,
      outcomeCounts: { SUPPORTED: 4 },
    })
    const clock = { ...systemClock, now: () => Date.now() + 61_000 }
    const later = twelve.newService({ store, fleet: twelve.fleet, clock, throttle: { coolDownMs: 60_000 } })
    expect(await twelve.refresh(later, { scope: paris })).toMatchObject({ total: 4 })
  })

  it('skips no device that was probed before the clock was set back', async () => {
    const { store, service } = await twelve.service({ throttle: { coolDownMs: 60_000 } })
    const paris = await twelve.scopeOf(store, { sites: ['Paris'] })
    expect(await twelve.refresh(service, { scope: paris })).toMatchObject({ total: 4 })
    const clock = { ...systemClock, now: () => Date.now() - 86_400_000 }
    const later = twelve.newService({ store, fleet: twelve.fleet, clock, throttle: { coolDownMs: 60_000 } })
    expect(await twelve.refresh(later, { scope: paris })).toMatchObject({ total: 4 })
  })

  it('of 0 skips nothing, however fast requests follow each other', async () => {
    const { store } = await twelve.service()
    // As if the last results had come within the same millisecond.
    const clock = { ...systemClock, now: () => Date.now() - 60_000 }
    const service = twelve.newService({ store, fleet: twelve.fleet, clock })
    const paris = await twelve.scopeOf(store, { sites: ['Paris'] })
    expect(await twelve.refresh(service, { scope: paris })).toMatchObject({ total: 4 })
    expect(await twelve.refresh(service, { scope: paris })).toMatchObject({ total: 4 })
  })

  it('ignores a cancelled probe', async () => {
    const { store, service } = await twelve.service({
      timeoutMs: twelve.HELD_MS,
      throttle: { coolDownMs: 60_000 },
    })
    const lyon = await twelve.scopeOf(store, { sites: ['Lyon'] })
    const { refresh: row } = await service.request(twelve.refreshRequest({ scope: lyon }))
    await twelve.resultsOf(service, 3)
    await service.cancel(row.id)
    const again = await service.request(twelve.refreshRequest({ scope: lyon }))
    await twelve.eventOf(service, (event) => event.kind === 'state' && event.refresh.state === 'PROBING')
    expect(service.progress(again.refresh)).toMatchObject({ total: 1 })
  })
})

describe('the result of a device', () => {
  it('without a credential is SKIPPED, and keeps the state of the device', async () => {
    const { store, service } = await twelve.service()
    const scope = await twelve.scopeOf(store, { devices: ['d1', 'd2'] })
    await twelve.refresh(service, { scope })
    const before = await store.devices.find('d1')
    expect(before).toMatchObject([{ lastOutcome: 'SUPPORTED', netconfSupported: true }])

    const credentials = [{ name: 'some', match: { name: 'd2' }, ...twelve.fleet.credential }]
    const other = twelve.newService({ store, fleet: twelve.fleet, credentials })
    const row = await twelve.refresh(other, { scope })
    expect(await twelve.outcomesOf(store, row.id)).toEqual({ SKIPPED: ['d1'], SUPPORTED: ['d2'] })
    const skipped = (await twelve.probesOf(store, row.id)).find(({ outcome }) => outcome === 'SKIPPED')
    expect(skipped).toMatchObject({ phase: 'QUEUED', message: expect.stringContaining('`credentials`') })
    expect(await store.devices.find('d1')).toEqual(before)
  })

  it('whose probe throws names a bug of Rollcall, and the refresh continues', async () => {
    const { store, service } = await twelve.service({
      probe: (task, signal) => {
        if (task.host === twelve.fleet.records[0]?.address && task.port === twelve.fleet.records[0]?.port)
          throw new TypeError('bug')
        return twelve.patientProbe(task, signal)
      },
    })
    const row = await twelve.refresh(service, {
      scope: await twelve.scopeOf(store, { devices: ['d1', 'd2'] }),
    })
    expect(row).toMatchObject({ state: 'COMPLETED', outcomeCounts: { SKIPPED: 1, SUPPORTED: 1 } })
    const failed = (await twelve.probesOf(store, row.id)).find(({ outcome }) => outcome === 'SKIPPED')
    expect(failed?.message).toContain('Rollcall failed with an internal error')
  })
})

describe('holdOf', () => {
  const known = {
    name: 'd1',
    address: '192.0.2.1',
    port: 830,
    platform: null,
    site: 'Paris',
    country: 'France',
    hostKey: null,
    backOffUntil: null,
  }
  it.each([
    ['nothing holds back an active device with a credential', 'ACTIVE', null, null],
    ['a decommissioned device', 'DECOMMISSIONED', null, 'DECOMMISSIONED'],
    ['an active device without a credential', 'ACTIVE', 'gone', 'NO_CREDENTIAL'],
    ['a decommissioned device without a credential', 'DECOMMISSIONED', 'gone', 'DECOMMISSIONED'],
  ])('%s', async (_name, lifecycle, credential, hold) => {
    const { service } = await twelve.service()
    expect(service.holdOf({ ...known, lifecycle, credential })).toBe(hold)
  })
})

describe('listeners', () => {
  it('are not called after they stopped listening', async () => {
    const { store, service } = await twelve.service()
    let heard = 0
    const stop = service.events.listen(() => {
      heard += 1
      stop()
    })
    const row = await twelve.refresh(service, { scope: await twelve.scopeOf(store, { devices: ['d1'] }) })
    expect(hasEnded(row.state)).toBe(true)
    expect(heard).toBe(1)
  })
})
