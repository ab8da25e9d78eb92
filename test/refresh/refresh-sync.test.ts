import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createSource } from '../../src/sources/create-source.ts'
import type { InventorySource } from '../../src/sources/source.ts'
import { newStore, sync, temporaryFolder } from '../store/support/fixture.ts'
import { writeSettled } from '../support/settled-file.ts'
import { useTwelve } from './support/twelve.ts'

const twelve = useTwelve()

/** The four devices in Paris, none of which stalls. */
function paris() {
  return twelve.fleet.records.slice(0, 4)
}

/** A service whose one source is a file. */
async function newFileService() {
  const { store } = await newStore()
  const path = join(await temporaryFolder(), 'inventory.json')
  const source = createSource({ name: 'global', type: 'file', path, fields: {} }, { defaultPort: 830 })
  const service = twelve.newService({ store, fleet: twelve.fleet, sources: [source] })
  return {
    store,
    service,
    write: (content: unknown) => writeSettled(path, JSON.stringify(content)),
    remove: () => rm(path),
    refresh: async (withSync = true) => {
      const { refresh } = await service.request(twelve.refreshRequest({ sync: withSync }))
      return await service.ended(refresh)
    },
  }
}

describe('a refresh with sync', () => {
  it('probes the devices that the source lists now', async () => {
    const { store, write, refresh } = await newFileService()
    await write(paris().slice(0, 2))
    expect(await refresh()).toMatchObject({ state: 'COMPLETED', total: 2, sync: true })
    await write(paris().slice(1, 4))
    const row = await refresh()
    expect(await twelve.outcomesOf(store, row.id)).toEqual({ SUPPORTED: ['d2', 'd3', 'd4'] })
  })

  it('syncs only if that is requested', async () => {
    const { write, refresh } = await newFileService()
    await write(paris())
    expect(await refresh(false)).toMatchObject({ state: 'COMPLETED', total: 0, sync: false })
  })

  it('reports a failed source, changes nothing, and probes the known devices', async () => {
    const { store, write, remove, refresh } = await newFileService()
    await write(paris())
    await refresh()
    const before = await store.inventory.known('global')
    await remove()
    expect(await refresh()).toMatchObject({
      state: 'COMPLETED',
      total: 4,
      outcomeCounts: { SUPPORTED: 4 },
      error: expect.stringContaining('inventory.json does not exist'),
    })
    expect(await store.inventory.known('global')).toEqual(before)
  })

  it('does not decommission when a source is suddenly empty', async () => {
    const { store, write, refresh } = await newFileService()
    await write(paris())
    await refresh()
    await write([])
    expect(await refresh()).toMatchObject({
      state: 'COMPLETED',
      outcomeCounts: { SUPPORTED: 4 },
      error: expect.stringContaining('"global" no longer lists awaits approval'),
    })
    expect(await store.devices.count({ lifecycle: 'DECOMMISSIONED' })).toBe(0)
  })

  it('is FAILED if the source failed and no device is known', async () => {
    const { refresh } = await newFileService()
    expect(await refresh()).toMatchObject({
      state: 'FAILED',
      total: 0,
      finishedAt: expect.any(Number),
      error: expect.stringContaining('inventory.json does not exist'),
    })
  })

  it('is FAILED without internal details if a source has a bug', async () => {
    const { store } = await newStore()
    await sync(store, paris())
    const source = { name: 'global', fetch: () => Promise.reject(new TypeError('innards')) }
    const service = twelve.newService({ store, fleet: twelve.fleet, sources: [source] })
    const { refresh } = await service.request(twelve.refreshRequest({ sync: true }))
    expect(await service.ended(refresh)).toMatchObject({
      state: 'FAILED',
      error: 'Rollcall failed with an internal error during this refresh; its log says more.',
    })
  })
})

describe('two syncs at once', () => {
  it('fetch one after the other', async () => {
    const { store } = await newStore()
    let fetching = 0
    let peak = 0
    let fetches = 0
    const source: InventorySource = {
      name: 'global',
      fetch: async () => {
        fetches += 1
        fetching += 1
        peak = Math.max(peak, fetching)
        await nextTurn()
        fetching -= 1
        return { records: paris(), rejected: [] }
      },
    }
    const service = twelve.newService({ store, fleet: twelve.fleet, sources: [source] })
    const { signal } = new AbortController()
    const [first, second] = await Promise.all([service.sync(signal), service.sync(signal)])
    expect({ fetches, peak }).toEqual({ fetches: 2, peak: 1 })
    expect(first.plans).toMatchObject([{ created: 4 }])
    expect(second.plans).toMatchObject([{ created: 0, unchanged: 4 }])
  })

  it('do not fail because of each other', async () => {
    const { store } = await newStore()
    const fetches = [
      () => Promise.reject(new TypeError('bug')),
      () => Promise.resolve({ records: paris(), rejected: [] }),
    ]
    const source: InventorySource = {
      name: 'global',
      fetch: () => fetches.shift()?.() ?? Promise.reject(new Error('Asked too often.')),
    }
    const service = twelve.newService({ store, fleet: twelve.fleet, sources: [source] })
    const { signal } = new AbortController()
    const [first, second] = await Promise.allSettled([service.sync(signal), service.sync(signal)])
    expect(first).toMatchObject({ status: 'rejected', reason: { message: 'bug' } })
    expect(second).toMatchObject({ status: 'fulfilled', value: { plans: [{ created: 4 }] } })
  })
})
