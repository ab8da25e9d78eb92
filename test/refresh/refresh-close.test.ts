import { describe, expect, it } from 'vitest'
import { newRefresh } from '../store/support/fixture.ts'
import { graceClock, slowSource } from './support/held-up.ts'
import { useTwelve } from './support/twelve.ts'

const twelve = useTwelve()

describe('close', () => {
  it('lets the probes in flight end, and leaves the rest to the next start', async () => {
    const { store, path } = await twelve.store()
    const { counts, probe } = twelve.countingProbe()
    // One at a time: a stalling device in the middle delays the rest for longer than a batch gathers.
    const service = twelve.newService({
      store,
      fleet: twelve.fleet,
      probe,
      clock: graceClock().clock,
      throttle: { concurrency: 1 },
    })
    const { refresh } = await service.request(twelve.refreshRequest())
    await twelve.resultsOf(service, 1)
    await service.close()
    expect(counts).toMatchObject({ underWay: 0 })

    const [row] = await store.refreshes.byIds([refresh.id])
    expect(row).toMatchObject({
      state: 'INTERRUPTED',
      total: 12,
      finishedAt: null,
      error: expect.stringContaining('continues at the next start'),
    })
    const before = await twelve.probesOf(store, refresh.id)
    expect(before).toHaveLength(counts.begun)
    expect(before.length).toBeLessThan(12)
    expect(before.map(({ outcome }) => outcome)).not.toContain('CANCELLED')
    await store.close()

    const again = await twelve.reopen(path)
    expect(await twelve.resumed(twelve.fleet, again, refresh.id)).toMatchObject({
      state: 'COMPLETED',
      total: 12,
      error: null,
    })
    await twelve.expectOneResultEach(again, refresh.id)
    expect((await twelve.probesOf(again, refresh.id)).slice(0, before.length)).toEqual(before)
  })

  it('gives probes in flight 5 s, then ends them without a result', async () => {
    const { store, path } = await twelve.store()
    const { clock, begun: grace } = graceClock()
    const { counts, probe } = twelve.countingProbe()
    const service = twelve.newService({ store, fleet: twelve.fleet, probe, clock, timeoutMs: twelve.HELD_MS })
    const { refresh } = await service.request(twelve.refreshRequest())
    await twelve.resultsOf(service, 10)
    const closed = service.close()
    const endGrace = await grace
    expect(counts.underWay).toBe(2)
    endGrace()
    await closed
    expect(counts.underWay).toBe(0)
    expect(await store.refreshes.byIds([refresh.id])).toMatchObject([{ state: 'INTERRUPTED' }])
    expect(await twelve.outcomesOf(store, refresh.id)).toEqual({ SUPPORTED: twelve.healthy() })
    await store.close()

    const again = await twelve.reopen(path)
    expect(await twelve.resumed(twelve.fleet, again, refresh.id)).toMatchObject({ state: 'COMPLETED' })
    await twelve.expectOneResultEach(again, refresh.id)
  })

  it('interrupts a refresh that fetches the inventory, which is fetched again after a resume', async () => {
    const { store } = await twelve.store()
    const { source, called } = slowSource()
    const service = twelve.newService({
      store,
      fleet: twelve.fleet,
      sources: [source],
      clock: graceClock().clock,
    })
    const { refresh } = await service.request(twelve.refreshRequest({ sync: true }))
    await called
    await service.close()
    expect(await store.refreshes.byIds([refresh.id])).toMatchObject([{ state: 'INTERRUPTED', total: 0 }])

    let fetches = 0
    const records = twelve.fleet.records.filter(({ name }) => name === 'd1')
    const fetch = async () => {
      fetches += 1
      return { records, rejected: [] }
    }
    const next = twelve.newService({ store, fleet: twelve.fleet, sources: [{ name: 'global', fetch }] })
    await next.resume()
    expect(await next.ended(refresh)).toMatchObject({ state: 'COMPLETED', total: 1 })
    expect(fetches).toBe(1)
  })

  it('counts a refresh as completed if its last probes end within the grace period', async () => {
    const { store } = await twelve.store()
    const { clock, wasCancelled } = graceClock()
    const service = twelve.newService({ store, fleet: twelve.fleet, clock })
    const { refresh } = await service.request(twelve.refreshRequest())
    await twelve.resultsOf(service, 10)
    await service.close()
    expect(wasCancelled()).toBe(true)
    expect(await store.refreshes.byIds([refresh.id])).toMatchObject([{ state: 'COMPLETED' }])
    await twelve.expectOneResultEach(store, refresh.id)
  })

  it('does not resume a refresh that was cancelled meanwhile', async () => {
    const { store } = await twelve.store()
    const { clock, begun: grace } = graceClock()
    const service = twelve.newService({ store, fleet: twelve.fleet, clock, timeoutMs: twelve.HELD_MS })
    const { refresh } = await service.request(twelve.refreshRequest())
    await twelve.resultsOf(service, 10)
    const closed = service.close()
    await grace
    expect(await service.cancel(refresh.id)).toMatchObject({ state: 'CANCELLED' })
    await closed
    expect(await store.refreshes.unfinished()).toEqual([])
  })

  it('interrupts a refresh that is being requested', async () => {
    const { store } = await twelve.store()
    const service = twelve.newService({ store, fleet: twelve.fleet, timeoutMs: twelve.HELD_MS })
    const requested = service.request(twelve.refreshRequest())
    // By then its turn has come.
    await Promise.resolve()
    await service.close()
    const { refresh } = await requested
    expect(service.isRunning(refresh.id)).toBe(false)
    expect(await store.refreshes.byIds([refresh.id])).toMatchObject([{ state: 'INTERRUPTED' }])
  })

  it('may be called twice, and refuses later requests', async () => {
    const { store } = await twelve.store()
    const service = twelve.newService({ store, fleet: twelve.fleet })
    await Promise.all([service.close(), service.close()])
    await expect(service.request(twelve.refreshRequest())).rejects.toMatchObject({ code: 'CONFLICT' })
    const { id } = await newRefresh(store)
    await service.resume()
    expect(service.isRunning(id)).toBe(false)
  })
})
