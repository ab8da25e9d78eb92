import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { RollcallError } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/log.ts'
import { Patience } from '../../src/refresh/patience.ts'
import { syncAll, syncSource } from '../../src/refresh/sync.ts'
import { createSource } from '../../src/sources/create-source.ts'
import type { InventorySource } from '../../src/sources/source.ts'
import { idsByName, newStore, temporaryFolder } from '../store/support/fixture.ts'

const AT = 50_000

function raw(name: string, fields: object = {}) {
  return { name, address: `${name}.example.net`, site: 'Paris', country: 'France', ...fields }
}

async function newFile(name = 'global') {
  const path = join(await temporaryFolder(), `${name}.json`)
  return {
    source: createSource({ name, type: 'file', path, fields: {} }, { defaultPort: 830 }),
    path,
    write: (content: unknown) =>
      writeFile(path, typeof content === 'string' ? content : JSON.stringify(content)),
  }
}

/** A store, and syncs into it. */
async function newSync() {
  const { store } = await newStore()
  const abort = new AbortController()
  const changed: number[] = []
  const context = {
    store,
    log: silentLogger,
    now: () => AT,
    signal: abort.signal,
    patience: new Patience({ clock: systemClock, log: silentLogger, onChange: () => undefined }),
    onChanged: (deviceIds: readonly number[]) => changed.push(...deviceIds),
  }
  return {
    store,
    abort,
    /** Ids of the devices that were told to have changed. */
    changed,
    one: (source: InventorySource) => syncSource(source, [source.name], context),
    all: (...sources: InventorySource[]) => syncAll(sources, context),
  }
}

function failing(name: string, failure: unknown): InventorySource {
  return { name, fetch: () => Promise.reject(failure) }
}

describe('syncSource', () => {
  it('applies what changed, and reports it', async () => {
    const { store, one, changed } = await newSync()
    const { source, write } = await newFile()
    await write([raw('r1'), raw('r2'), raw('r3')])
    expect(await one(source)).toEqual({
      source: 'global',
      created: 3,
      updated: 0,
      restored: 0,
      decommissioned: 0,
      unchanged: 0,
      rejected: [],
    })
    await write([raw('r1'), raw('r2', { port: 2022 }), raw('r4')])
    expect(await one(source)).toMatchObject({
      created: 1,
      updated: 1,
      restored: 0,
      decommissioned: 1,
      unchanged: 1,
    })
    await write([raw('r1'), raw('r2', { port: 2022 }), raw('r3'), raw('r4')])
    expect(await one(source)).toMatchObject({ created: 0, updated: 0, restored: 1, unchanged: 3 })
    // Created; updated, created and decommissioned; restored.
    const { r1, r2, r3, r4 } = await idsByName(store)
    expect(changed.slice(0, 3).toSorted()).toEqual([r1, r2, r3])
    expect(changed.slice(3, 6).toSorted()).toEqual([r2, r3, r4])
    expect(changed.slice(6)).toEqual([r3])

    const devices = await store.devices.list({ supportedOnly: false })
    expect(devices.map(({ name, port }) => [name, port])).toEqual([
      ['r1', 830],
      ['r2', 2022],
      ['r3', 830],
      ['r4', 830],
    ])
    const { items } = await store.devices.page({ page: { first: 1 } })
    expect(items).toMatchObject([{ firstSeenAt: AT, lastSeenAt: AT }])
  })

  it('sets a bad record aside, with its place and the reason, and applies the rest', async () => {
    const { store, one } = await newSync()
    const { source, write } = await newFile()
    await write([raw('r1'), raw('r2', { address: undefined }), raw('r3')])
    const { created, rejected } = await one(source)
    expect(created).toBe(2)
    expect(rejected).toMatchObject([{ position: 2, reason: expect.stringContaining('address') }])
    expect(Object.keys(await idsByName(store))).toEqual(['r1', 'r3'])
  })

  it('keeps a known device as it is whose record has become a bad one', async () => {
    const { store, one } = await newSync()
    const { source, write } = await newFile()
    await write([raw('r1'), raw('r2')])
    await one(source)
    const before = await store.inventory.known('global')
    await write([raw('r1'), raw('r2', { address: '10.0.0.300' })])
    expect(await one(source)).toMatchObject({
      decommissioned: 0,
      unchanged: 2,
      rejected: [{ position: 2 }],
    })
    expect(await store.inventory.known('global')).toEqual(before)
  })

  it.each<[string, unknown, RegExp]>([
    ['gives no device', [], /"global" gave no usable device .* nothing was changed/],
    ['gives bad records only', [{ name: 'r1' }], /"global" gave no usable device/],
    ['does not parse', '[{"name": "r1",}]', /global\.json is not valid JSON at line 1/],
    ['is empty', '', /global\.json is empty/],
  ])('changes nothing where a source with known devices %s', async (_name, content, message) => {
    const { store, one } = await newSync()
    const { source, write } = await newFile()
    await write([raw('r1'), raw('r2')])
    await one(source)
    const before = await store.inventory.known('global')

    await write(content)
    await expect(one(source)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringMatching(message),
    })
    expect(await store.inventory.known('global')).toEqual(before)
  })

  it('fails where the file is missing', async () => {
    const { one } = await newSync()
    const { source } = await newFile()
    await expect(one(source)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringContaining('global.json does not exist'),
    })
  })

  it('tells which records another source has already, with their places', async () => {
    const { store, all } = await newSync()
    const [first, second] = [await newFile('first'), await newFile('second')]
    await first.write([raw('r1')])
    await second.write([{ name: 'bad' }, raw('r2'), raw('r1', { address: '192.0.2.9' })])
    const { reports } = await all(first.source, second.source)
    expect(reports).toMatchObject([
      { created: 1, rejected: [] },
      {
        created: 1,
        rejected: [
          { position: 1 },
          { position: 3, reason: expect.stringContaining('source first'), identity: { name: 'r1' } },
        ],
      },
    ])
    expect(await store.devices.find('r1')).toMatchObject([{ source: 'first', address: 'r1.example.net' }])
  })

  it('takes over the devices of a source that was renamed, with their ids', async () => {
    const { store, one } = await newSync()
    const [before, after] = [await newFile('before'), await newFile('after')]
    await before.write([raw('r1'), raw('r2')])
    await one(before.source)
    const ids = await idsByName(store)

    await after.write([raw('r1'), raw('r3')])
    expect(await one(after.source)).toMatchObject({
      created: 1,
      unchanged: 1,
      decommissioned: 0,
      rejected: [],
    })
    expect(await idsByName(store)).toMatchObject(ids)
    expect(await store.devices.find('r1')).toMatchObject([{ source: 'after' }])
    // What it does not list is not its to decommission.
    expect(await store.devices.find('r2')).toMatchObject([{ source: 'before', lifecycle: 'ACTIVE' }])
  })

  it('restores a device that has moved from one source to another', async () => {
    const { store, all } = await newSync()
    const [first, second] = [await newFile('first'), await newFile('second')]
    await first.write([raw('r1'), raw('r2')])
    await second.write([raw('r3')])
    await all(first.source, second.source)
    const ids = await idsByName(store)

    await first.write([raw('r2')])
    await second.write([raw('r3'), raw('r1')])
    const { reports } = await all(first.source, second.source)
    expect(reports).toMatchObject([{ decommissioned: 1 }, { restored: 1, created: 0, rejected: [] }])
    expect(await store.devices.find('r1')).toMatchObject([
      { id: ids.r1, source: 'second', lifecycle: 'ACTIVE' },
    ])
  })

  it('accepts a source that is empty from the beginning', async () => {
    const { one } = await newSync()
    const { source, write } = await newFile()
    await write([])
    expect(await one(source)).toMatchObject({ created: 0, decommissioned: 0 })
  })

  it('does not count as created what another source has already', async () => {
    const { store, all } = await newSync()
    const first = await newFile('first')
    const second = await newFile('second')
    await first.write([raw('r1')])
    await second.write([raw('r1', { address: '192.0.2.9' }), raw('r2')])
    const { reports, failures } = await all(first.source, second.source)
    expect(failures).toEqual([])
    expect(reports).toMatchObject([
      { source: 'first', created: 1 },
      { source: 'second', created: 1 },
    ])
    const devices = await store.devices.list({ supportedOnly: false })
    expect(devices).toMatchObject([{ name: 'r1', address: 'r1.example.net' }, { name: 'r2' }])
  })
})

describe('syncAll', () => {
  it('tells of a source that fails, and syncs the others', async () => {
    const { store, all } = await newSync()
    const missing = await newFile('missing')
    const there = await newFile('there')
    await there.write([raw('r1')])
    const { reports, failures } = await all(missing.source, there.source)
    expect(failures).toEqual([expect.stringMatching(/missing\.json does not exist/)])
    expect(reports).toMatchObject([{ source: 'there', created: 1 }])
    expect(await store.devices.count()).toBe(1)
  })

  it('does not take a bug for a source that fails', async () => {
    const { all } = await newSync()
    await expect(all(failing('a', new TypeError('bug')))).rejects.toThrow(TypeError)
  })

  it('ends with the reason of the abort, and fetches no further source', async () => {
    const { store, all, abort } = await newSync()
    const there = await newFile()
    await there.write([raw('r1')])
    const stopped: InventorySource = {
      name: 'stopped',
      fetch: async () => {
        abort.abort(new Error('stop'))
        throw new RollcallError('SOURCE_FAILED', 'The file is gone.')
      },
    }
    await expect(all(stopped, there.source)).rejects.toThrow('stop')
    expect(await store.devices.count()).toBe(0)
  })

  it('applies nothing of what was fetched before the abort', async () => {
    const { store, all, abort } = await newSync()
    const slow: InventorySource = {
      name: 'slow',
      fetch: async () => {
        abort.abort(new Error('stop'))
        return {
          records: [{ ...raw('r1'), port: 830, region: null, platform: null, credential: null }],
          rejected: [],
        }
      },
    }
    await expect(all(slow)).rejects.toThrow('stop')
    expect(await store.devices.count()).toBe(0)
  })
})
