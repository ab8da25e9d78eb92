import Sqlite from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { noThreadReport } from '../../src/refresh/pool/unprobed-reports.ts'
import { slowSource } from './support/held-up.ts'
import { useTwelve } from './support/twelve.ts'

const twelve = useTwelve()

describe('results', () => {
  it('are in the store before they are announced', async () => {
    const { store, path } = await twelve.store()
    const file = new Sqlite(path, { readonly: true })
    onTestFinished(() => {
      file.close()
    })
    const inStore = file.prepare<[number], { lastSeq: number; results: number }>(
      'select max(seq) as lastSeq, count(*) as results from probes where refresh_id = ?',
    )
    const service = twelve.newService({ store, fleet: twelve.fleet })
    const announced: number[] = []
    const found: unknown[] = []
    service.events.listen((event) => {
      if (event.kind !== 'results') return
      announced.push(event.lastSeq)
      found.push(inStore.get(event.refreshId))
    })
    const { refresh } = await service.request(twelve.refreshRequest())
    await service.ended(refresh)
    expect(announced.length).toBeGreaterThan(1)
    expect(announced.at(-1)).toBe(12)
    expect(announced).toEqual(announced.toSorted((one, other) => one - other))
    expect(found).toEqual(announced.map((seq) => ({ lastSeq: seq, results: seq })))
  })

  it('that cannot be committed end the refresh as FAILED, and its probes at once', async () => {
    const { store, path } = await twelve.store()
    const file = new Sqlite(path)
    file.exec(`create trigger no_more before insert on probes when new.seq > 2 begin
      select raise(abort, 'secret of the schema'); end`)
    file.close()
    const { counts, probe } = twelve.countingProbe()
    const service = twelve.newService({
      store,
      fleet: twelve.fleet,
      probe,
      timeoutMs: twelve.HELD_MS,
      throttle: { concurrency: 2, perSite: 1 },
    })
    const { refresh } = await service.request(twelve.refreshRequest())
    const ended = await service.ended(refresh)
    expect(ended).toMatchObject({
      state: 'FAILED',
      error: 'Rollcall failed with an internal error during this refresh; its log says more.',
      finishedAt: expect.any(Number),
    })
    expect(await store.refreshes.byIds([refresh.id])).toEqual([ended])
    expect(await twelve.probesOf(store, refresh.id)).toHaveLength(ended.outcomeCounts.SUPPORTED ?? 0)
    expect(counts.underWay).toBe(0)
    // Others were waiting behind the stalling device in Lyon.
    expect(counts.begun).toBeLessThan(12)
    expect(service.budgets().slice(0, 2)).toMatchObject([{ inUse: 0, waiting: 0 }, { inUse: 0 }])
    expect(await service.request(twelve.refreshRequest())).toMatchObject({ started: true })
  })
})

describe('cancel', () => {
  it('closes the probes in flight long before their deadline, and keeps the results so far', async () => {
    const { store } = await twelve.store()
    const { counts, probe } = twelve.countingProbe()
    const service = twelve.newService({ store, fleet: twelve.fleet, probe, timeoutMs: twelve.HELD_MS })
    const { refresh } = await service.request(twelve.refreshRequest())
    await twelve.resultsOf(service, 10)
    expect(counts.underWay).toBe(2)

    const ended = await service.cancel(refresh.id)
    expect(counts.underWay).toBe(0)
    expect(ended).toMatchObject({
      state: 'CANCELLED',
      finishedAt: expect.any(Number),
      error: null,
      outcomeCounts: { SUPPORTED: 10, CANCELLED: 2 },
    })
    expect(await store.refreshes.byIds([refresh.id])).toEqual([ended])
    expect(await twelve.outcomesOf(store, refresh.id)).toEqual({
      SUPPORTED: twelve.healthy(),
      CANCELLED: twelve.STALLING,
    })
    expect(await store.devices.find('d6')).toMatchObject([{ lastProbeId: null, netconfSupported: null }])
  })

  it('leaves devices without a result that were not begun', async () => {
    const { store } = await twelve.store()
    const { counts, probe } = twelve.countingProbe()
    const throttle = { concurrency: 1 }
    const service = twelve.newService({
      store,
      fleet: twelve.fleet,
      probe,
      timeoutMs: twelve.HELD_MS,
      throttle,
    })
    const { refresh } = await service.request(twelve.refreshRequest())
    await twelve.resultsOf(service, 1)
    const ended = await service.cancel(refresh.id)
    const begun = counts.begun
    expect(begun).toBeLessThan(12)
    expect(await twelve.probesOf(store, refresh.id)).toHaveLength(begun)
    expect(ended).toMatchObject({ state: 'CANCELLED', total: 12 })
    expect(service.budgets().slice(0, 2)).toMatchObject([{ inUse: 0, waiting: 0 }, { inUse: 0 }])
  })

  it('ends a refresh that fetches the inventory', async () => {
    const { store } = await twelve.store()
    const { source, called } = slowSource()
    const service = twelve.newService({ store, fleet: twelve.fleet, sources: [source] })
    const { refresh } = await service.request(twelve.refreshRequest({ sync: true }))
    await called
    expect(await service.cancel(refresh.id)).toMatchObject({ state: 'CANCELLED', total: 0, error: null })
    expect(await store.devices.count()).toBe(12)
  })

  it('ends a refresh that was just requested', async () => {
    const { store } = await twelve.store()
    const { counts, probe } = twelve.countingProbe()
    const service = twelve.newService({ store, fleet: twelve.fleet, probe })
    const { refresh } = await service.request(twelve.refreshRequest())
    expect(await service.cancel(refresh.id)).toMatchObject({ state: 'CANCELLED', outcomeCounts: {} })
    expect(counts.begun).toBe(0)
  })

  it('does not affect other refreshes', async () => {
    const { store } = await twelve.store()
    const service = twelve.newService({ store, fleet: twelve.fleet, throttle: { concurrency: 1 } })
    const first = await service.request(twelve.refreshRequest())
    const scope = await twelve.scopeOf(store, { sites: ['Paris'] })
    const second = await service.request(twelve.refreshRequest({ scope, force: true }))
    await twelve.stateOf(service, 'PROBING')
    expect(await service.cancel(first.refresh.id)).toMatchObject({ state: 'CANCELLED' })
    expect(await service.ended(second.refresh)).toMatchObject({ state: 'COMPLETED', total: 4 })
    expect(await twelve.outcomesOf(store, second.refresh.id)).toEqual({ SUPPORTED: twelve.healthy(1, 4) })
  })

  it('may be called twice, and changes no ended refresh', async () => {
    const { store } = await twelve.store()
    const service = twelve.newService({ store, fleet: twelve.fleet, timeoutMs: twelve.HELD_MS })
    const { refresh } = await service.request(twelve.refreshRequest())
    const [first, second] = await Promise.all([service.cancel(refresh.id), service.cancel(refresh.id)])
    expect(first.state).toBe('CANCELLED')
    expect(second).toEqual(first)
    expect(await service.cancel(refresh.id)).toEqual(first)
  })

  it('is NOT_FOUND for an unknown refresh', async () => {
    const { store } = await twelve.store()
    await expect(twelve.newService({ store, fleet: twelve.fleet }).cancel(999)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })
})

describe('a probe that fails for lack of resources of this machine', () => {
  it('is retried once, then the refresh is FAILED with the reason', async () => {
    let refused = 0
    const { store, service } = await twelve.service({
      probe: async (task, signal) => {
        const { port, address } = twelve.fleet.records[0] ?? { port: 0, address: '' }
        if (task.host !== address || task.port !== port) return await twelve.patientProbe(task, signal)
        refused += 1
        return noThreadReport(Date.now())
      },
    })
    const { refresh: row } = await service.request(twelve.refreshRequest())
    const { state, error } = await service.ended(row)
    expect({ state, error }).toEqual({
      state: 'FAILED',
      error: expect.stringMatching(/^1 device was not probed: Rollcall's probe threads keep ending/),
    })
    expect(refused).toBe(2)
    const { SKIPPED = [], SUPPORTED = [] } = await twelve.outcomesOf(store, row.id)
    expect(SKIPPED).toEqual(['d1'])
    expect(SUPPORTED).toHaveLength(9)
  })
})
