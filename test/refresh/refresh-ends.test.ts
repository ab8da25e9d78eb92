import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/log.ts'
import { probe } from '../../src/netconf/probe.ts'
import type { RefreshService } from '../../src/refresh/refresh-service.ts'
import type { InventorySource } from '../../src/sources/source.ts'
import type { RefreshState } from '../../src/store/refresh-store.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { newRefresh, newStore, sync, temporaryFolder } from '../store/support/fixture.ts'
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

/** The file of a store that knows the twelve devices. */
async function newTwelve(): Promise<{ store: Store; path: string }> {
  const { store, path } = await newStore()
  await sync(store, fleet.records)
  return { store, path }
}

/** As a new process would open the file. */
async function reopen(path: string): Promise<Store> {
  const store = await openStore({ path, log: silentLogger })
  onTestFinished(() => store.close())
  return store
}

/** Counts the probes that it has begun, and those that are under way. */
function countingProbe() {
  const counts = { begun: 0, underWay: 0 }
  const counting: typeof probe = async (task, signal) => {
    counts.begun += 1
    counts.underWay += 1
    try {
      return await probe(task, signal)
    } finally {
      counts.underWay -= 1
    }
  }
  return { counts, probe: counting }
}

/** A source whose fetch waits until it is aborted. */
function slowSource() {
  const called = Promise.withResolvers<void>()
  const source: InventorySource = {
    name: 'global',
    fetch: (signal) =>
      new Promise((_resolve, reject) => {
        called.resolve()
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  }
  return { source, called: called.promise }
}

/** A clock on which the grace of a close lasts until the test ends it. */
function graceClock() {
  const begun = Promise.withResolvers<() => void>()
  let cancelled = false
  const clock: Clock = {
    now: systemClock.now,
    after(delayMs, callback) {
      if (delayMs !== 5_000) return systemClock.after(delayMs, callback)
      begun.resolve(callback)
      return () => {
        cancelled = true
      }
    },
  }
  return {
    clock,
    /** Resolves, when the grace begins, with what ends it. */
    begun: begun.promise,
    wasCancelled: () => cancelled,
  }
}

function stateOf(service: RefreshService, state: RefreshState) {
  return eventOf(service, (event) => event.kind === 'state' && event.refresh.state === state)
}

/** Takes up what the store has left, with a timeout that culprits run into, and tells how the refresh ends. */
async function resumed(store: Store, id: number) {
  const service = newService({ store, fleet })
  await service.resume()
  const [row] = await store.refreshes.byIds([id])
  if (!row) throw new Error('There is no such refresh.')
  return await service.ended(row)
}

/** Every device has one result, and these are numbered without a gap. */
async function expectOneResultEach(store: Store, id: number): Promise<void> {
  const probes = await probesOf(store, id)
  expect(probes.map(({ seq }) => seq)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1))
  expect(new Set(probes.map(({ deviceId }) => deviceId)).size).toBe(12)
  expect(await outcomesOf(store, id)).toEqual({ SUPPORTED: healthy(), TIMEOUT: CULPRITS })
}

describe('results', () => {
  it('are in the store by the time they are announced', async () => {
    const { store, path } = await newTwelve()
    const file = new Sqlite(path, { readonly: true })
    onTestFinished(() => {
      file.close()
    })
    const inStore = file.prepare<[number], { lastSeq: number; results: number }>(
      'select max(seq) as lastSeq, count(*) as results from probes where refresh_id = ?',
    )
    const service = newService({ store, fleet })
    const announced: number[] = []
    const found: unknown[] = []
    service.events.listen((event) => {
      if (event.kind !== 'results') return
      announced.push(event.lastSeq)
      found.push(inStore.get(event.refreshId))
    })
    const { refresh } = await service.request(refreshRequest())
    await service.ended(refresh)
    expect(announced.length).toBeGreaterThan(1)
    expect(announced.at(-1)).toBe(12)
    expect(announced).toEqual(announced.toSorted((one, other) => one - other))
    expect(found).toEqual(announced.map((seq) => ({ lastSeq: seq, results: seq })))
  })

  it('that cannot be committed end the refresh as FAILED, and its probes at once', async () => {
    const { store, path } = await newTwelve()
    const file = new Sqlite(path)
    file.exec(`create trigger no_more before insert on probes when new.seq > 2 begin
      select raise(abort, 'secret of the schema'); end`)
    file.close()
    const { counts, probe } = countingProbe()
    const service = newService({
      store,
      fleet,
      probe,
      timeoutMs: HELD_MS,
      throttle: { concurrency: 2, perSite: 1 },
    })
    const { refresh } = await service.request(refreshRequest())
    const ended = await service.ended(refresh)
    expect(ended).toMatchObject({
      state: 'FAILED',
      error: 'Rollcall itself failed during this refresh; its log says more.',
      finishedAt: expect.any(Number),
    })
    expect(await store.refreshes.byIds([refresh.id])).toEqual([ended])
    expect(await probesOf(store, refresh.id)).toHaveLength(ended.outcomeCounts.SUPPORTED ?? 0)
    expect(counts.underWay).toBe(0)
    // Behind the culprit in Lyon others were waiting.
    expect(counts.begun).toBeLessThan(12)
    expect(service.budgets().slice(0, 2)).toMatchObject([{ inUse: 0, waiting: 0 }, { inUse: 0 }])
    expect(await service.request(refreshRequest())).toMatchObject({ started: true })
  })
})

describe('cancel', () => {
  it('closes the probes in flight within a second, and keeps the results so far', async () => {
    const { store } = await newTwelve()
    const { counts, probe } = countingProbe()
    const service = newService({ store, fleet, probe, timeoutMs: HELD_MS })
    const { refresh } = await service.request(refreshRequest())
    await resultsOf(service, 10)
    expect(counts.underWay).toBe(2)

    const begun = performance.now()
    const ended = await service.cancel(refresh.id)
    expect(performance.now() - begun).toBeLessThan(1_000)
    expect(counts.underWay).toBe(0)
    expect(ended).toMatchObject({
      state: 'CANCELLED',
      finishedAt: expect.any(Number),
      error: null,
      outcomeCounts: { SUPPORTED: 10, CANCELLED: 2 },
    })
    expect(await store.refreshes.byIds([refresh.id])).toEqual([ended])
    expect(await outcomesOf(store, refresh.id)).toEqual({ SUPPORTED: healthy(), CANCELLED: CULPRITS })
    expect(await store.devices.find('d6')).toMatchObject([{ lastProbeId: null, netconfSupported: null }])
  })

  it('leaves what has not begun without a result', async () => {
    const { store } = await newTwelve()
    const { counts, probe } = countingProbe()
    const throttle = { concurrency: 1 }
    const service = newService({ store, fleet, probe, timeoutMs: HELD_MS, throttle })
    const { refresh } = await service.request(refreshRequest())
    await resultsOf(service, 1)
    const ended = await service.cancel(refresh.id)
    const begun = counts.begun
    expect(begun).toBeLessThan(12)
    expect(await probesOf(store, refresh.id)).toHaveLength(begun)
    expect(ended).toMatchObject({ state: 'CANCELLED', total: 12 })
    expect(service.budgets().slice(0, 2)).toMatchObject([{ inUse: 0, waiting: 0 }, { inUse: 0 }])
  })

  it('ends a refresh that still fetches the inventory', async () => {
    const { store } = await newTwelve()
    const { source, called } = slowSource()
    const service = newService({ store, fleet, sources: [source] })
    const { refresh } = await service.request(refreshRequest({ sync: true }))
    await called
    expect(await service.cancel(refresh.id)).toMatchObject({ state: 'CANCELLED', total: 0, error: null })
    expect(await store.devices.count()).toBe(12)
  })

  it('ends a refresh that has only just been asked for', async () => {
    const { store } = await newTwelve()
    const { counts, probe } = countingProbe()
    const service = newService({ store, fleet, probe })
    const { refresh } = await service.request(refreshRequest())
    expect(await service.cancel(refresh.id)).toMatchObject({ state: 'CANCELLED', outcomeCounts: {} })
    expect(counts.begun).toBe(0)
  })

  it('leaves the other refreshes alone', async () => {
    const { store } = await newTwelve()
    const service = newService({ store, fleet, throttle: { concurrency: 1 } })
    const first = await service.request(refreshRequest())
    const scope = await scopeOf(store, { sites: ['Paris'] })
    const second = await service.request(refreshRequest({ scope, force: true }))
    await stateOf(service, 'PROBING')
    expect(await service.cancel(first.refresh.id)).toMatchObject({ state: 'CANCELLED' })
    expect(await service.ended(second.refresh)).toMatchObject({ state: 'COMPLETED', total: 4 })
    expect(await outcomesOf(store, second.refresh.id)).toEqual({ SUPPORTED: healthy(1, 4) })
  })

  it('can be asked for twice, and leaves an ended refresh as it is', async () => {
    const { store } = await newTwelve()
    const service = newService({ store, fleet, timeoutMs: HELD_MS })
    const { refresh } = await service.request(refreshRequest())
    const [first, second] = await Promise.all([service.cancel(refresh.id), service.cancel(refresh.id)])
    expect(first.state).toBe('CANCELLED')
    expect(second).toEqual(first)
    expect(await service.cancel(refresh.id)).toEqual(first)
  })

  it('is NOT_FOUND for a refresh that there is not', async () => {
    const { store } = await newTwelve()
    await expect(newService({ store, fleet }).cancel(999)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('close', () => {
  it('lets the probes in flight end, and leaves the rest for the next start', async () => {
    const { store, path } = await newTwelve()
    const { counts, probe } = countingProbe()
    // One at a time: a culprit in the middle holds up the rest for longer than a batch gathers.
    const service = newService({
      store,
      fleet,
      probe,
      clock: graceClock().clock,
      throttle: { concurrency: 1 },
    })
    const { refresh } = await service.request(refreshRequest())
    await resultsOf(service, 1)
    await service.close()
    expect(counts).toMatchObject({ underWay: 0 })

    const [row] = await store.refreshes.byIds([refresh.id])
    expect(row).toMatchObject({
      state: 'INTERRUPTED',
      total: 12,
      finishedAt: null,
      error: expect.stringContaining('goes on at the next start'),
    })
    const before = await probesOf(store, refresh.id)
    expect(before).toHaveLength(counts.begun)
    expect(before.length).toBeLessThan(12)
    expect(before.map(({ outcome }) => outcome)).not.toContain('CANCELLED')
    await store.close()

    const again = await reopen(path)
    expect(await resumed(again, refresh.id)).toMatchObject({ state: 'COMPLETED', total: 12, error: null })
    await expectOneResultEach(again, refresh.id)
    expect((await probesOf(again, refresh.id)).slice(0, before.length)).toEqual(before)
  })

  it('gives probes in flight 5 s, then cuts them off without a result', async () => {
    const { store, path } = await newTwelve()
    const { clock, begun: grace } = graceClock()
    const { counts, probe } = countingProbe()
    const service = newService({ store, fleet, probe, clock, timeoutMs: HELD_MS })
    const { refresh } = await service.request(refreshRequest())
    await resultsOf(service, 10)
    const closed = service.close()
    const endGrace = await grace
    expect(counts.underWay).toBe(2)
    endGrace()
    await closed
    expect(counts.underWay).toBe(0)
    expect(await store.refreshes.byIds([refresh.id])).toMatchObject([{ state: 'INTERRUPTED' }])
    expect(await outcomesOf(store, refresh.id)).toEqual({ SUPPORTED: healthy() })
    await store.close()

    const again = await reopen(path)
    expect(await resumed(again, refresh.id)).toMatchObject({ state: 'COMPLETED' })
    await expectOneResultEach(again, refresh.id)
  })

  it('interrupts a refresh that still fetches the inventory; resumed, it fetches it anew', async () => {
    const { store } = await newTwelve()
    const { source, called } = slowSource()
    const service = newService({ store, fleet, sources: [source], clock: graceClock().clock })
    const { refresh } = await service.request(refreshRequest({ sync: true }))
    await called
    await service.close()
    expect(await store.refreshes.byIds([refresh.id])).toMatchObject([{ state: 'INTERRUPTED', total: 0 }])

    let fetches = 0
    const records = fleet.records.filter(({ name }) => name === 'd1')
    const fetch = async () => {
      fetches += 1
      return { records, rejected: [] }
    }
    const next = newService({ store, fleet, sources: [{ name: 'global', fetch }] })
    await next.resume()
    expect(await next.ended(refresh)).toMatchObject({ state: 'COMPLETED', total: 1 })
    expect(fetches).toBe(1)
  })

  it('counts a refresh as completed whose last probes end within the grace', async () => {
    const { store } = await newTwelve()
    const { clock, wasCancelled } = graceClock()
    const service = newService({ store, fleet, clock })
    const { refresh } = await service.request(refreshRequest())
    await resultsOf(service, 10)
    await service.close()
    expect(wasCancelled()).toBe(true)
    expect(await store.refreshes.byIds([refresh.id])).toMatchObject([{ state: 'COMPLETED' }])
    await expectOneResultEach(store, refresh.id)
  })

  it('does not bring back what was cancelled meanwhile', async () => {
    const { store } = await newTwelve()
    const { clock, begun: grace } = graceClock()
    const service = newService({ store, fleet, clock, timeoutMs: HELD_MS })
    const { refresh } = await service.request(refreshRequest())
    await resultsOf(service, 10)
    const closed = service.close()
    await grace
    expect(await service.cancel(refresh.id)).toMatchObject({ state: 'CANCELLED' })
    await closed
    expect(await store.refreshes.unfinished()).toEqual([])
  })

  it('interrupts also what was being asked for', async () => {
    const { store } = await newTwelve()
    const service = newService({ store, fleet, timeoutMs: HELD_MS })
    const requested = service.request(refreshRequest())
    // By then its turn has come.
    await Promise.resolve()
    await service.close()
    const { refresh } = await requested
    expect(service.isRunning(refresh.id)).toBe(false)
    expect(await store.refreshes.byIds([refresh.id])).toMatchObject([{ state: 'INTERRUPTED' }])
  })

  it('can be asked for twice, and takes no request from then on', async () => {
    const { store } = await newTwelve()
    const service = newService({ store, fleet })
    await Promise.all([service.close(), service.close()])
    await expect(service.request(refreshRequest())).rejects.toMatchObject({ code: 'CONFLICT' })
    const { id } = await newRefresh(store)
    await service.resume()
    expect(service.isRunning(id)).toBe(false)
  })
})

describe('resume', () => {
  it('goes on after a crash with the devices that have no result', async () => {
    const { store, path } = await newTwelve()
    const copy = join(await temporaryFolder(), 'copy.db')
    const service = newService({ store, fleet, timeoutMs: HELD_MS })
    service.events.listen((event) => {
      if (event.kind !== 'results' || event.lastSeq < 10) return
      // What a crash at this moment would leave.
      const file = new Sqlite(path)
      file.prepare('vacuum into ?').run(copy)
      file.close()
    })
    const { refresh } = await service.request(refreshRequest())
    await resultsOf(service, 10)

    const crashed = await reopen(copy)
    expect(await crashed.refreshes.byIds([refresh.id])).toMatchObject([{ state: 'PROBING' }])
    const before = await probesOf(crashed, refresh.id)
    expect(before).toHaveLength(10)
    expect(await resumed(crashed, refresh.id)).toMatchObject({
      state: 'COMPLETED',
      outcomeCounts: { SUPPORTED: 10, TIMEOUT: 2 },
    })
    await expectOneResultEach(crashed, refresh.id)
    expect((await probesOf(crashed, refresh.id)).slice(0, 10)).toEqual(before)
  })

  it('goes on where the store was lost in the middle, and nothing could be written any more', async () => {
    const { store, path } = await newTwelve()
    const service = newService({ store, fleet })
    const { refresh } = await service.request(refreshRequest())
    const heard = stateOf(service, 'FAILED')
    await resultsOf(service, 1)
    await store.close()
    expect(await service.ended(refresh)).toMatchObject({ state: 'FAILED' })
    expect(await heard).toMatchObject({ refresh: { id: refresh.id, error: expect.any(String) } })

    const again = await reopen(path)
    expect(await again.refreshes.byIds([refresh.id])).toMatchObject([{ state: 'PROBING' }])
    expect(await resumed(again, refresh.id)).toMatchObject({ state: 'COMPLETED', total: 12 })
    await expectOneResultEach(again, refresh.id)
  })

  it.each<RefreshState>(['QUEUED', 'SYNCING', 'PROBING', 'INTERRUPTED'])(
    'takes up a refresh that a former process left %s',
    async (state) => {
      const { store } = await newTwelve()
      const { id } = await newRefresh(store, await scopeOf(store, { sites: ['Paris'] }))
      await store.refreshes.update(id, { state })
      expect(await resumed(store, id)).toMatchObject({ state: 'COMPLETED', total: 4 })
      expect(await outcomesOf(store, id)).toEqual({ SUPPORTED: healthy(1, 4) })
    },
  )

  it.each<RefreshState>(['COMPLETED', 'CANCELLED', 'FAILED'])(
    'leaves a refresh that is %s',
    async (state) => {
      const { store } = await newTwelve()
      const { id } = await newRefresh(store)
      const row = await store.refreshes.update(id, { state, finishedAt: 6_000 })
      expect(await resumed(store, id)).toEqual(row)
      expect(await probesOf(store, id)).toEqual([])
    },
  )

  it('does not run twice what was asked for before it, nor what it has taken up already', async () => {
    const { store } = await newTwelve()
    const { counts, probe } = countingProbe()
    const service = newService({ store, fleet, probe })
    const scope = await scopeOf(store, { sites: ['Paris'] })
    const [{ refresh }] = await Promise.all([
      service.request(refreshRequest({ scope })),
      service.resume(),
      service.resume(),
    ])
    expect(await service.ended(refresh)).toMatchObject({ state: 'COMPLETED' })
    expect(counts.begun).toBe(4)
  })

  it('hands out what it has taken up to whoever asks for the same', async () => {
    const { store } = await newTwelve()
    const { id } = await newRefresh(store)
    const service = newService({ store, fleet, timeoutMs: HELD_MS })
    const [, requested] = await Promise.all([service.resume(), service.request(refreshRequest())])
    expect(requested).toMatchObject({ started: false, refresh: { id } })
  })
})
