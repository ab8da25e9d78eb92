import Sqlite from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { InventorySource } from '../../src/sources/source.ts'
import { newStore } from '../store/support/fixture.ts'
import { useTwelve } from './support/twelve.ts'

const twelve = useTwelve()

describe('a database that cannot be written', () => {
  it('pauses the refresh, which reports it, and continues without a loss', async () => {
    const { store, path, service } = await twelve.service({ throttle: { concurrency: 2, perSite: 1 } })
    const other = new Sqlite(path)
    onTestFinished(() => {
      other.close()
    })
    const { refresh: row } = await service.request(twelve.refreshRequest())
    await twelve.eventOf(service, (event) => event.kind === 'results')
    other.exec('begin immediate')
    const paused = await twelve.eventOf(
      service,
      (event) => event.kind === 'state' && service.progress(event.refresh).pausedBecause !== null,
    )
    expect(paused).toMatchObject({ refresh: { id: row.id, state: 'PROBING' } })
    expect(service.pausedBecause).toBe(
      'The database cannot be written at present (it is locked by another process).',
    )
    other.exec('commit')
    expect(await service.ended(row)).toMatchObject({ state: 'COMPLETED', error: null })
    expect(service.pausedBecause).toBeNull()
    expect(await twelve.outcomesOf(store, row.id)).toEqual({
      SUPPORTED: twelve.healthy(),
      TIMEOUT: twelve.STALLING,
    })
  })

  it('delays the end of a refresh', async () => {
    const { store, path, service } = await twelve.service()
    const other = new Sqlite(path)
    onTestFinished(() => void other.close())
    const scope = await twelve.scopeOf(store, { devices: ['d1'] })
    const { refresh: row } = await service.request(twelve.refreshRequest({ scope }))
    const paused = twelve.eventOf(service, () => service.pausedBecause !== null)
    const stop = service.events.listen((event) => {
      if (event.kind !== 'results') return
      stop()
      // Its last result is committed, and its end is what is written next.
      other.exec('begin immediate')
    })
    await paused
    expect(await store.refreshes.byIds([row.id])).toMatchObject([{ state: 'PROBING', finishedAt: null }])
    other.exec('commit')
    const ended = await service.ended(row)
    expect(ended).toMatchObject({ state: 'COMPLETED', outcomeCounts: { SUPPORTED: 1 } })
    expect(await store.refreshes.byIds([row.id])).toEqual([ended])
  })

  it('delays a scheduled refresh, and refuses a request of a person', async () => {
    const { store, path, service } = await twelve.service({ timeoutMs: twelve.HELD_MS })
    const other = new Sqlite(path)
    onTestFinished(() => void other.close())
    other.exec('begin immediate')
    await expect(service.request(twelve.refreshRequest())).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    })
    const cycle = service.request(twelve.refreshRequest({ trigger: 'SCHEDULE', requestedBy: null }))
    await expect.poll(() => service.pausedBecause).not.toBeNull()
    other.exec('commit')
    expect(await cycle).toMatchObject({ started: true, refresh: { trigger: 'SCHEDULE' } })
    expect(await store.refreshes.count()).toBe(1)
  })

  it('delays a sync that has fetched its inventory', async () => {
    const { store, database: path } = await newStore()
    let fetches = 0
    const source: InventorySource = {
      name: 'global',
      fetch: async () => {
        fetches += 1
        return { records: twelve.fleet.records, rejected: [] }
      },
    }
    const service = twelve.newService({ store, fleet: twelve.fleet, sources: [source] })
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

  it('delays a requested sync only for a short time', async () => {
    const { store, database: path } = await newStore()
    const source: InventorySource = {
      name: 'global',
      fetch: async () => ({ records: twelve.fleet.records, rejected: [] }),
    }
    const service = twelve.newService({ store, fleet: twelve.fleet, sources: [source] })
    const other = new Sqlite(path)
    onTestFinished(() => void other.close())
    other.exec('begin immediate')
    const { signal } = new AbortController()
    await expect(service.syncInventory({ dryRun: false, requestedBy: 'ann' }, signal)).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    })
    expect(service.pausedBecause).toBeNull()
  })

  it('does not prevent an interruption of the refresh', async () => {
    const { store, path, service } = await twelve.service()
    const other = new Sqlite(path)
    onTestFinished(() => {
      other.close()
    })
    const { refresh: row } = await service.request(twelve.refreshRequest())
    await twelve.eventOf(service, (event) => event.kind === 'state' && event.refresh.state === 'PROBING')
    other.exec('begin immediate')
    await twelve.eventOf(service, () => service.pausedBecause !== null)
    await service.close()
    other.exec('commit')
    expect(service.pausedBecause).toBeNull()
    const next = twelve.newService({ store, fleet: twelve.fleet })
    await next.resume()
    expect(await next.ended(row)).toMatchObject({ state: 'COMPLETED', total: 12 })
    expect(await twelve.outcomesOf(store, row.id)).toEqual({
      SUPPORTED: twelve.healthy(),
      TIMEOUT: twelve.STALLING,
    })
  })
})
