import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { RefreshState } from '../../src/store/refresh-store.ts'
import { newRefresh, temporaryFolder } from '../store/support/fixture.ts'
import { useTwelve } from './support/twelve.ts'

const twelve = useTwelve()

describe('resume', () => {
  it('continues after a crash with the devices that have no result', async () => {
    const { store, path } = await twelve.store()
    const copy = join(await temporaryFolder(), 'copy.db')
    const service = twelve.newService({ store, fleet: twelve.fleet, timeoutMs: twelve.HELD_MS })
    service.events.listen((event) => {
      if (event.kind !== 'results' || event.lastSeq < 10) return
      // What a crash at this moment would leave.
      const file = new Sqlite(path)
      file.prepare('vacuum into ?').run(copy)
      file.close()
    })
    const { refresh } = await service.request(twelve.refreshRequest())
    await twelve.resultsOf(service, 10)

    const crashed = await twelve.reopen(copy)
    expect(await crashed.refreshes.byIds([refresh.id])).toMatchObject([{ state: 'PROBING' }])
    const before = await twelve.probesOf(crashed, refresh.id)
    expect(before).toHaveLength(10)
    expect(await twelve.resumed(twelve.fleet, crashed, refresh.id)).toMatchObject({
      state: 'COMPLETED',
      outcomeCounts: { SUPPORTED: 10, TIMEOUT: 2 },
    })
    await twelve.expectOneResultEach(crashed, refresh.id)
    expect((await twelve.probesOf(crashed, refresh.id)).slice(0, 10)).toEqual(before)
  })

  it('continues after the database was lost in the middle of a refresh', async () => {
    const { store, path } = await twelve.store()
    const service = twelve.newService({ store, fleet: twelve.fleet })
    const { refresh } = await service.request(twelve.refreshRequest())
    const heard = twelve.stateOf(service, 'FAILED')
    await twelve.resultsOf(service, 1)
    await store.close()
    expect(await service.ended(refresh)).toMatchObject({ state: 'FAILED' })
    expect(await heard).toMatchObject({ refresh: { id: refresh.id, error: expect.any(String) } })

    const again = await twelve.reopen(path)
    expect(await again.refreshes.byIds([refresh.id])).toMatchObject([{ state: 'PROBING' }])
    expect(await twelve.resumed(twelve.fleet, again, refresh.id)).toMatchObject({
      state: 'COMPLETED',
      total: 12,
    })
    await twelve.expectOneResultEach(again, refresh.id)
  })

  it.each<RefreshState>(['QUEUED', 'SYNCING', 'PROBING', 'INTERRUPTED'])(
    'resumes a refresh that a former process left %s',
    async (state) => {
      const { store } = await twelve.store()
      const { id } = await newRefresh(store, await twelve.scopeOf(store, { sites: ['Paris'] }))
      await store.refreshes.update(id, { state })
      expect(await twelve.resumed(twelve.fleet, store, id)).toMatchObject({ state: 'COMPLETED', total: 4 })
      expect(await twelve.outcomesOf(store, id)).toEqual({ SUPPORTED: twelve.healthy(1, 4) })
    },
  )

  it.each<RefreshState>(['COMPLETED', 'CANCELLED', 'FAILED'])(
    'leaves a refresh that is %s',
    async (state) => {
      const { store } = await twelve.store()
      const { id } = await newRefresh(store)
      const row = await store.refreshes.update(id, { state, finishedAt: 6_000 })
      expect(await twelve.resumed(twelve.fleet, store, id)).toEqual(row)
      expect(await twelve.probesOf(store, id)).toEqual([])
    },
  )

  it('runs neither earlier requests nor resumed refreshes twice', async () => {
    const { store } = await twelve.store()
    const { counts, probe } = twelve.countingProbe()
    const service = twelve.newService({ store, fleet: twelve.fleet, probe })
    const scope = await twelve.scopeOf(store, { sites: ['Paris'] })
    const [{ refresh }] = await Promise.all([
      service.request(twelve.refreshRequest({ scope })),
      service.resume(),
      service.resume(),
    ])
    expect(await service.ended(refresh)).toMatchObject({ state: 'COMPLETED' })
    expect(counts.begun).toBe(4)
  })

  it('returns a resumed refresh to a request that it covers', async () => {
    const { store } = await twelve.store()
    const { id } = await newRefresh(store)
    const service = twelve.newService({ store, fleet: twelve.fleet, timeoutMs: twelve.HELD_MS })
    const [, requested] = await Promise.all([service.resume(), service.request(twelve.refreshRequest())])
    expect(requested).toMatchObject({ started: false, refresh: { id } })
  })
})
