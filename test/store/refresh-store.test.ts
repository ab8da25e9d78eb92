import { describe, expect, it } from 'vitest'
import type { ProbeOutcome } from '../../src/netconf/outcome/outcome.ts'
import type { RefreshScope, TargetRow } from '../../src/store/refresh-store.ts'
import {
  EVERYTHING,
  FIRST_TRY,
  idsByName,
  newRefresh,
  newStore,
  record,
  report,
  sync,
} from './support/fixture.ts'

const RECORDS = [
  record('Japan/Tokyo/t2'),
  record('Japan/Tokyo/t1', { platform: 'junos', credential: 'lab', port: 22 }),
  record('France/Paris/p1'),
  record('France/Lyon/l1'),
]

describe('refreshes', () => {
  it('begin QUEUED with the fields of the request', async () => {
    const { store } = await newStore()
    const scope = { countryIds: [1], siteIds: [2, 3], deviceIds: [] }
    const row = await store.refreshes.create({
      trigger: 'MUTATION',
      requestedBy: 'ana',
      scope,
      sync: true,
      force: false,
      at: 1_000,
    })
    expect(row).toEqual({
      id: row.id,
      state: 'QUEUED',
      trigger: 'MUTATION',
      requestedBy: 'ana',
      scope,
      sync: true,
      force: false,
      createdAt: 1_000,
      startedAt: null,
      finishedAt: null,
      error: null,
      total: 0,
      outcomeCounts: {},
      retryOf: null,
      summary: null,
    })
    expect(await store.refreshes.byIds([row.id, 999])).toEqual([row])
  })

  it('change only what a patch names', async () => {
    const { store } = await newStore()
    const { id } = await newRefresh(store)
    const begun = await store.refreshes.update(id, { state: 'PROBING', startedAt: 2_000 })
    expect(begun).toMatchObject({ state: 'PROBING', startedAt: 2_000, finishedAt: null })
    const ended = await store.refreshes.update(id, { state: 'FAILED', finishedAt: 3_000, error: 'No.' })
    const summary = await store.devices.summary()
    expect(ended).toEqual({ ...begun, state: 'FAILED', finishedAt: 3_000, error: 'No.', summary })
    const revived = await store.refreshes.update(id, { state: 'PROBING', error: null, finishedAt: null })
    expect(revived).toEqual({ ...begun, summary })
  })

  it('are listed by state, newest first; unfinished ones oldest first', async () => {
    const { store } = await newStore()
    expect(await store.refreshes.lastCompleted()).toBeNull()
    const states = ['COMPLETED', 'INTERRUPTED', 'COMPLETED', 'SYNCING', 'FAILED', 'CANCELLED'] as const
    const ids: number[] = []
    for (const [index, state] of states.entries()) {
      const { id } = await newRefresh(store)
      ids.push(id)
      await store.refreshes.update(id, { state, finishedAt: 10_000 - index })
    }
    const queued = await newRefresh(store)

    expect((await store.refreshes.unfinished()).map(({ id }) => id)).toEqual([ids[1], ids[3], queued.id])
    expect((await store.refreshes.lastCompleted())?.id).toBe(ids[0])
    expect(await store.refreshes.count()).toBe(7)
    expect(await store.refreshes.count(['COMPLETED', 'FAILED'])).toBe(3)
    expect(await store.refreshes.count([])).toBe(0)

    const first = await store.refreshes.page({ page: { first: 2 } })
    expect(first.items.map(({ id }) => id)).toEqual([queued.id, ids[5]])
    const second = await store.refreshes.page({ page: { first: 2, after: first.cursors[1] } })
    expect(second.items.map(({ id }) => id)).toEqual([ids[4], ids[3]])
    const completed = await store.refreshes.page({ states: ['COMPLETED'], page: { first: 5 } })
    expect(completed.items.map(({ id }) => id)).toEqual([ids[2], ids[0]])
  })
})

describe('the last refresh of the schedule', () => {
  it('is the newest refresh of everything with a sync, whatever its state', async () => {
    const { store } = await newStore()
    const create = (at: number, fields: { sync?: boolean; scope?: RefreshScope } = {}) =>
      store.refreshes.create({
        trigger: 'SCHEDULE',
        requestedBy: null,
        scope: EVERYTHING,
        sync: true,
        force: false,
        at,
        ...fields,
      })
    await create(1_000, { sync: false })
    await create(2_000, { scope: { ...EVERYTHING, siteIds: [1] } })
    expect(await store.refreshes.lastCycle()).toBeNull()

    await create(4_000)
    // The clock was set back meanwhile.
    const older = await create(3_000)
    await create(5_000, { sync: false })
    await create(6_000, { scope: { ...EVERYTHING, deviceIds: [1, 2] } })
    expect(await store.refreshes.lastCycle()).toEqual(older)
    const newest = await store.refreshes.update((await create(7_000)).id, {
      state: 'FAILED',
      finishedAt: 8_000,
    })
    expect(await store.refreshes.lastCycle()).toEqual(newest)
  })
})

describe('targets', () => {
  it('are the active devices in scope, by country, site and name, with what a probe needs', async () => {
    const { store } = await newStore()
    await sync(store, [...RECORDS, record('France/Lyon/gone')])
    await sync(store, RECORDS)
    const { id } = await newRefresh(store)

    expect(await store.refreshes.hasTargets(id)).toBe(false)
    expect(await store.refreshes.addTargets(id, { scope: EVERYTHING, probedBefore: null })).toBe(4)
    expect(await store.refreshes.hasTargets(id)).toBe(true)
    expect((await store.refreshes.byIds([id]))[0]?.total).toBe(4)
    const targets = await store.refreshes.pendingTargets(id)
    expect(targets.map(({ name }) => name)).toEqual(['l1', 'p1', 't1', 't2'])
    expect(targets[2]).toEqual({
      deviceId: (await idsByName(store)).t1,
      name: 't1',
      address: 't1.example.net',
      port: 22,
      platform: 'junos',
      credential: 'lab',
      lifecycle: 'ACTIVE',
      siteId: (await store.inventory.sitesByName('Tokyo'))[0]?.id,
      site: 'Tokyo',
      country: 'Japan',
      failures: 0,
      lastOutcome: null,
      backOffUntil: null,
      hostKey: null,
    })
  })

  it('have the number of failures in a row after the last result', async () => {
    const { store } = await newStore()
    await sync(store, RECORDS)
    const ids = await idsByName(store)
    const { id } = await newRefresh(store)
    await store.refreshes.addTargets(id, { scope: EVERYTHING, probedBefore: null })
    const result = (name: string, outcome: ProbeOutcome, failures: number, backOffUntil: number | null) => ({
      refreshId: null,
      deviceId: ids[name] ?? 0,
      attempt: 1,
      report: report({ outcome }),
      failures,
      backOffUntil,
    })
    const standings = async () =>
      (await store.refreshes.pendingTargets(id)).map(({ name, failures, backOffUntil }) => [
        name,
        failures,
        backOffUntil,
      ])
    await store.probes.commitBatch([
      result('l1', 'TIMEOUT', 2, null),
      result('p1', 'TIMEOUT', 3, 70_000),
      result('t1', 'TIMEOUT', 3, 70_000),
      result('t1', 'TIMEOUT', 4, 80_000),
    ])
    expect(await standings()).toEqual([
      ['l1', 2, null],
      ['p1', 3, 70_000],
      ['t1', 4, 80_000],
      ['t2', 0, null],
    ])
    const [p1] = await store.devices.byIds([ids.p1 ?? 0])
    expect(p1?.backOffUntil).toBe(70_000)

    await store.probes.commitBatch([
      result('p1', 'SUPPORTED', 0, null),
      result('t1', 'SKIPPED', 0, null),
      result('t2', 'CANCELLED', 9, 90_000),
    ])
    expect(await standings()).toEqual([
      ['l1', 2, null],
      ['p1', 0, null],
      ['t1', 4, 80_000],
      ['t2', 0, null],
    ])
  })

  it('are returned as active devices, those that were SUPPORTED most recently first', async () => {
    const { store } = await newStore()
    await sync(store, [...RECORDS, record('France/Lyon/gone')])
    await sync(store, RECORDS)
    const ids = await idsByName(store)
    const result = (name: string, startedAt: number, outcome: ProbeOutcome, failures: number) => ({
      refreshId: null,
      deviceId: ids[name] ?? 0,
      attempt: 1,
      report: report({ outcome, startedAt }),
      failures,
      backOffUntil: null,
    })
    await store.probes.commitBatch([
      result('p1', 1_000, 'SUPPORTED', 0),
      result('p1', 9_000, 'AUTH_FAILED', 1),
      result('t1', 2_000, 'SUPPORTED', 0),
      result('l1', 3_000, 'TIMEOUT', 1),
      result('gone', 4_000, 'SUPPORTED', 0),
    ])
    const targets: TargetRow[] = []
    for await (const target of store.refreshes.likeliestTargets()) targets.push(target)
    expect(targets.map(({ name }) => name)).toEqual(['t1', 'p1', 't2', 'l1'])
    const { id } = await newRefresh(store)
    await store.refreshes.addTargets(id, { scope: EVERYTHING, probedBefore: null })
    const pending = await store.refreshes.pendingTargets(id)
    expect(targets[0]).toEqual(pending.find(({ name }) => name === 't1'))
  })

  it.each([
    ['a country', { countries: ['France'] }, ['l1', 'p1']],
    ['a site', { sites: ['Lyon'] }, ['l1']],
    ['devices', { devices: ['t1', 'p1'] }, ['p1', 't1']],
    [
      'all of them together',
      { countries: ['Japan'], sites: ['Lyon', 'Tokyo'], devices: ['l1', 't1'] },
      ['l1', 't1', 't2'],
    ],
  ])('are the devices of %s', async (_name, wanted: Record<string, string[]>, expected) => {
    const { store } = await newStore()
    await sync(store, RECORDS)
    const devices = await idsByName(store)
    const countries = await store.inventory.countries({ name: { in: wanted.countries ?? [] } })
    const sites = await store.inventory.pageOfSites({
      filter: { name: { in: wanted.sites ?? [] } },
      page: { first: 10 },
    })
    const scope = {
      countryIds: countries.map(({ id }) => id),
      siteIds: sites.items.map(({ id }) => id),
      deviceIds: (wanted.devices ?? []).map((name) => devices[name] ?? 0),
    }
    const { id } = await newRefresh(store, scope)
    expect(await store.refreshes.addTargets(id, { scope, probedBefore: null })).toBe(expected.length)
    expect((await store.refreshes.pendingTargets(id)).map(({ name }) => name)).toEqual(expected)
  })

  it('exclude devices that were probed recently', async () => {
    const { store } = await newStore()
    await sync(store, RECORDS)
    const ids = await idsByName(store)
    const probed = (name: string, startedAt: number) => ({
      refreshId: null,
      deviceId: ids[name] ?? 0,
      ...FIRST_TRY,
      report: report({ startedAt, durationMs: 0 }),
    })
    await store.probes.commitBatch([probed('t1', 999), probed('t2', 1_000)])
    const { id } = await newRefresh(store)
    await store.refreshes.addTargets(id, { scope: EVERYTHING, probedBefore: 1_000 })
    expect((await store.refreshes.pendingTargets(id)).map(({ name }) => name)).toEqual(['l1', 'p1', 't1'])
    // What lies ahead is of a clock that has been set back since.
    const later = await newRefresh(store)
    await store.refreshes.addTargets(later.id, { scope: EVERYTHING, probedBefore: 500, orAfter: 999 })
    expect((await store.refreshes.pendingTargets(later.id)).map(({ name }) => name)).toEqual([
      'l1',
      'p1',
      't2',
    ])
  })

  it('are settled once, even if there are none', async () => {
    const { store } = await newStore()
    const { id } = await newRefresh(store)
    expect(await store.refreshes.addTargets(id, { scope: EVERYTHING, probedBefore: null })).toBe(0)
    await sync(store, RECORDS)
    expect(await store.refreshes.addTargets(id, { scope: EVERYTHING, probedBefore: null })).toBe(0)
    expect(await store.refreshes.hasTargets(id)).toBe(true)
    expect(await store.refreshes.pendingTargets(id)).toEqual([])

    const later = await newRefresh(store)
    await store.refreshes.addTargets(later.id, { scope: EVERYTHING, probedBefore: null })
    await sync(store, [...RECORDS, record('Peru/Lima/x1')])
    expect(await store.refreshes.addTargets(later.id, { scope: EVERYTHING, probedBefore: null })).toBe(4)
    expect(await store.refreshes.pendingTargets(later.id)).toHaveLength(4)
  })

  it('are pending until they have a result in the same refresh', async () => {
    const { store } = await newStore()
    await sync(store, RECORDS)
    const ids = await idsByName(store)
    const [one, other] = [await newRefresh(store), await newRefresh(store)]
    for (const { id } of [one, other]) {
      await store.refreshes.addTargets(id, { scope: EVERYTHING, probedBefore: null })
    }
    const result = { deviceId: ids.p1 ?? 0, ...FIRST_TRY, report: report({ outcome: 'TIMEOUT' }) }
    await store.probes.commitBatch([{ refreshId: one.id, ...result }])
    expect((await store.refreshes.pendingTargets(one.id)).map(({ name }) => name)).toEqual(['l1', 't1', 't2'])
    expect(await store.refreshes.pendingTargets(other.id)).toHaveLength(4)
  })
})
