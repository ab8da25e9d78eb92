import Sqlite from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { RollcallError } from '../../../src/base/errors.ts'
import type { InventorySource } from '../../../src/sources/source.ts'
import { newStore, record } from '../../store/support/fixture.ts'
import { many, newFile, newSyncing, raw } from '../support/syncing.ts'

describe('an aborted sync', () => {
  it('rejects with the reason, fetches no further source, and is not a failure of the source', async () => {
    const there = await newFile()
    await there.write([raw('r1')])
    const stopped: InventorySource = {
      name: 'stopped',
      fetch: async () => {
        abort(new Error('stop'))
        throw new RollcallError('SOURCE_FAILED', 'The file is gone.')
      },
    }
    const { store, sync, abort, service } = await newSyncing([stopped, there.source])
    await expect(sync()).rejects.toThrow('stop')
    await service.close()
    expect(await store.devices.count()).toBe(0)
    expect(await store.syncPlans.count()).toBe(0)
  })

  it('applies nothing that was fetched before', async () => {
    const slow: InventorySource = {
      name: 'slow',
      fetch: async () => {
        abort(new Error('stop'))
        return { records: [record('France/Paris/r1')], rejected: [] }
      },
    }
    const { store, sync, abort, service } = await newSyncing([slow])
    await expect(sync()).rejects.toThrow('stop')
    await service.close()
    expect(await store.devices.count()).toBe(0)
  })

  it('is the result of closing, for running and waiting syncs', async () => {
    const fetching = Promise.withResolvers<void>()
    const hanging: InventorySource = {
      name: 'hanging',
      fetch: (signal) => {
        fetching.resolve()
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        })
      },
    }
    const { service, sync } = await newSyncing([hanging])
    const both = Promise.allSettled([sync(), sync()])
    await fetching.promise
    await service.close()
    const stopped = { status: 'rejected', reason: { code: 'CONFLICT' } }
    expect(await both).toMatchObject([stopped, stopped])
    await expect(sync()).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  it('applies nothing if it was aborted between its plan and its transaction', async () => {
    const source: InventorySource = {
      name: 'global',
      fetch: async () => {
        setImmediate(() => abort(new Error('stop')))
        return { records: [record('France/Paris/r1')], rejected: [] }
      },
    }
    const { store, sync, abort, service } = await newSyncing([source])
    await expect(sync()).rejects.toThrow('stop')
    await service.close()
    expect(await store.devices.count()).toBe(0)
    expect(await store.syncPlans.count()).toBe(0)
  })

  it('applies nothing when a locked database becomes writable again', async () => {
    const { store, database: path } = await newStore()
    const other = new Sqlite(path)
    onTestFinished(() => void other.close())
    const { source, write } = await newFile()
    await write([raw('r1')])
    const { sync, abort, service } = await newSyncing([source], {
      store,
      onPause: (isPaused) => {
        if (!isPaused) return
        // Once it has begun to wait.
        setImmediate(() => {
          other.exec('commit')
          abort(new Error('stop'))
        })
      },
    })
    other.exec('begin immediate')
    await expect(sync()).rejects.toThrow('stop')
    await service.close()
    expect(await store.devices.count()).toBe(0)
    expect(await store.syncPlans.count()).toBe(0)
  })

  it('leaves the plan that was being approved open', async () => {
    const { source, write } = await newFile()
    const stopping: InventorySource = {
      name: source.name,
      fetch: async (signal) => {
        const inventory = await source.fetch(signal)
        if (stops) setImmediate(() => abort(new Error('stop')))
        return inventory
      },
    }
    let stops = false
    const { store, sync, abort, service, signal } = await newSyncing([stopping])
    await write(many('r', 30))
    await sync()
    await write([raw('r1')])
    const [plan] = await sync()
    stops = true
    await expect(service.approve(plan?.id ?? 0, 'alice', signal)).rejects.toThrow('stop')
    await service.close()
    expect(await store.devices.count()).toBe(30)
    expect(await store.syncPlans.byIds([plan?.id ?? 0])).toEqual([plan])
  })
})
