import { describe, expect, it } from 'vitest'
import type { InventorySource } from '../../../src/sources/source.ts'
import { idsByName, listed } from '../../store/support/fixture.ts'
import { AT, many, newFile, newSyncing, raw } from '../support/syncing.ts'

function failing(name: string, failure: unknown): InventorySource {
  return { name, fetch: () => Promise.reject(failure) }
}

describe('a sync', () => {
  it('applies what changed, and records it', async () => {
    const { source, write } = await newFile()
    const { store, sync, changed } = await newSyncing([source])
    await write([raw('r1'), raw('r2'), raw('r3')])
    const [first] = await sync()
    expect(first).toEqual({
      id: expect.any(Number),
      source: 'global',
      state: 'APPLIED',
      reason: null,
      created: 3,
      updated: 0,
      decommissioned: 0,
      moved: 0,
      unchanged: 0,
      rejected: [],
      warnings: [],
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      plannedAt: AT,
      decidedAt: null,
      decidedBy: null,
      changeSetId: expect.any(Number),
    })
    expect(await store.syncPlans.byIds([first?.id ?? 0])).toEqual([first])
    await write([raw('r1'), raw('r2', { port: 2022 }), raw('r4')])
    expect(await sync()).toMatchObject([{ created: 1, updated: 1, decommissioned: 1, unchanged: 1 }])
    // A restored one counts as updated.
    await write([raw('r1'), raw('r2', { port: 2022 }), raw('r3'), raw('r4')])
    expect(await sync()).toMatchObject([{ created: 0, updated: 1, decommissioned: 0, unchanged: 3 }])
    // Created; updated, created and decommissioned; restored.
    const { r1, r2, r3, r4 } = await idsByName(store)
    expect(changed.slice(0, 3).toSorted()).toEqual([r1, r2, r3])
    expect(changed.slice(3, 6).toSorted()).toEqual([r2, r3, r4])
    expect(changed.slice(6)).toEqual([r3])

    const devices = await listed(store)
    expect(devices.map(({ name, port }) => [name, port])).toEqual([
      ['r1', 830],
      ['r2', 2022],
      ['r3', 830],
      ['r4', 830],
    ])
    const { items } = await store.devices.page({ page: { first: 1 } })
    expect(items).toMatchObject([{ firstSeenAt: AT, lastSeenAt: AT }])
  })

  it('follows a device with a key when it is renamed', async () => {
    const { source, write } = await newFile()
    const { store, sync } = await newSyncing([source])
    await write([raw('r1', { key: 17, address: '10.0.0.1' })])
    await sync()
    const { r1: id } = await idsByName(store)
    await write([raw('r2', { key: 17, address: '10.0.0.1' })])
    expect(await sync()).toMatchObject([{ created: 0, updated: 1, decommissioned: 0 }])
    expect(await idsByName(store)).toEqual({ r2: id })
  })

  it('rejects a bad record with its position and the reason, and applies the rest', async () => {
    const { source, write } = await newFile()
    const { store, sync } = await newSyncing([source])
    await write([
      raw('r1'),
      raw('r2', { address: undefined }),
      raw('r3'),
      raw('r4', { address: raw('r1').address }),
    ])
    expect(await sync()).toMatchObject([
      {
        created: 2,
        rejected: [
          { position: 2, reason: '"address" is missing or empty.' },
          { position: 4, reason: expect.stringMatching(/^Record 1 has the same address and port/) },
        ],
      },
    ])
    expect(Object.keys(await idsByName(store))).toEqual(['r1', 'r3'])
  })

  it('stores a thousand rejected records, and the number of the others', async () => {
    const { source, write } = await newFile()
    const { sync } = await newSyncing([source])
    await write(Array.from({ length: 1_500 }, () => ({})))
    const [plan] = await sync()
    expect(plan?.rejected).toHaveLength(1_001)
    expect(plan?.rejected.at(-1)).toMatchObject({
      position: 1_001,
      reason: 'From here on 500 more records could not be used; correct those above first.',
    })
  })

  it('keeps a known device whose record is rejected', async () => {
    const { source, write } = await newFile()
    const { store, sync } = await newSyncing([source])
    await write([raw('r1'), raw('r2')])
    await sync()
    const before = await store.inventory.known('global')
    await write([raw('r1'), raw('r2', { address: '10.0.0.300' })])
    expect(await sync()).toMatchObject([{ decommissioned: 0, unchanged: 2, rejected: [{ position: 2 }] }])
    expect(await store.inventory.known('global')).toEqual(before)
  })

  it.each<[string, unknown, RegExp]>([
    ['is missing', undefined, /global\.json does not exist/],
    ['does not parse', '[{"name": "r1",}]', /global\.json is not valid JSON at line 1/],
    ['is empty', '', /global\.json is empty/],
  ])('fails and changes nothing if the file %s', async (_name, content, reason) => {
    const { source, write, path } = await newFile()
    const { store, sync, changed } = await newSyncing([source])
    if (content !== undefined) await write(content)
    const plans = await sync()
    expect(plans).toMatchObject([
      { state: 'FAILED', reason: expect.stringMatching(reason), created: 0, decommissioned: 0 },
    ])
    expect(path).toContain('global.json')
    expect(changed).toEqual([])
    expect((await store.syncPlans.page({ page: { first: 9 } })).items).toEqual(plans)
  })

  it('accepts a source that was always empty', async () => {
    const { source, write } = await newFile()
    const { sync } = await newSyncing([source])
    await write([])
    expect(await sync()).toMatchObject([
      {
        state: 'APPLIED',
        created: 0,
        decommissioned: 0,
        warnings: [expect.stringMatching(/^The source gave no records\./)],
      },
    ])
  })

  it('assigns the devices of a renamed source to the new name, with their ids', async () => {
    const [before, after] = [await newFile('before'), await newFile('after')]
    const { store, sync } = await newSyncing([before.source])
    await before.write([raw('r1'), raw('r2')])
    await sync()
    const ids = await idsByName(store)

    const renamed = await newSyncing([after.source], { store })
    await after.write([raw('r1'), raw('r3')])
    expect(await renamed.sync()).toMatchObject([{ created: 1, updated: 1, decommissioned: 0, rejected: [] }])
    expect(await idsByName(store)).toMatchObject(ids)
    expect(await store.devices.find('r1')).toMatchObject([{ source: 'after' }])
    // What it does not list is not its to decommission.
    expect(await store.devices.find('r2')).toMatchObject([{ source: 'before', lifecycle: 'ACTIVE' }])
  })
})

describe('of several sources', () => {
  it('the first one that lists a device owns it, by name or address; the others get a warning', async () => {
    const [first, second] = [await newFile('first'), await newFile('second')]
    const { store, sync } = await newSyncing([first.source, second.source])
    await first.write([raw('r1')])
    await second.write([
      { name: 'bad' },
      raw('r2'),
      raw('r1', { address: '192.0.2.9' }),
      raw('r3', { address: 'R1.example.net.' }),
    ])
    expect(await sync()).toMatchObject([
      { source: 'first', created: 1, rejected: [] },
      {
        source: 'second',
        created: 1,
        rejected: [
          { position: 1 },
          { position: 3, reason: expect.stringContaining('source first') },
          { position: 4, reason: expect.stringContaining('same address and port') },
        ],
      },
    ])
    const devices = await listed(store)
    expect(devices).toMatchObject([{ name: 'r1', address: 'r1.example.net' }, { name: 'r2' }])
  })

  it('one does not undo the region that the other gives to a shared country', async () => {
    const [first, second] = [await newFile('first'), await newFile('second')]
    const { store, sync } = await newSyncing([first.source, second.source])
    await first.write([raw('r1', { region: 'EMEA' })])
    await second.write([raw('r2', { region: 'DACH' })])
    await sync()
    expect(await sync()).toMatchObject([
      { updated: 0, unchanged: 1 },
      { updated: 0, unchanged: 1 },
    ])
    expect((await store.inventory.countryByName('France'))?.region).toBe('EMEA')
  })

  it('a device may move from one to the other, and is restored', async () => {
    const [first, second] = [await newFile('first'), await newFile('second')]
    const { store, sync } = await newSyncing([first.source, second.source])
    await first.write([raw('r1'), raw('r2')])
    await second.write([raw('r3')])
    await sync()
    const ids = await idsByName(store)

    await first.write([raw('r2')])
    await second.write([raw('r3'), raw('r1')])
    expect(await sync()).toMatchObject([{ decommissioned: 1 }, { updated: 1, created: 0, rejected: [] }])
    expect(await store.devices.find('r1')).toMatchObject([
      { id: ids.r1, source: 'second', lifecycle: 'ACTIVE' },
    ])
  })

  it('only the named one is synced', async () => {
    const [first, second] = [await newFile('first'), await newFile('second')]
    const { sync } = await newSyncing([first.source, second.source])
    await first.write([raw('r1')])
    await second.write([raw('r2')])
    expect(await sync('second')).toMatchObject([{ source: 'second', created: 1 }])
    await expect(sync('third')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'The configuration has no source "third".',
    })
  })

  it('one that fails does not prevent the sync of the others', async () => {
    const [missing, there] = [await newFile('missing'), await newFile('there')]
    const { store, service, signal } = await newSyncing([missing.source, there.source])
    await there.write([raw('r1')])
    const { plans, failures } = await service.syncAll(signal)
    expect(failures).toEqual([expect.stringMatching(/missing\.json does not exist/)])
    expect(plans).toMatchObject([{ state: 'FAILED' }, { state: 'APPLIED', created: 1 }])
    expect(await store.devices.count()).toBe(1)
  })

  it('a bug is not treated as a failed source', async () => {
    const { store, sync } = await newSyncing([failing('a', new TypeError('bug'))])
    await expect(sync()).rejects.toThrow(TypeError)
    expect(await store.syncPlans.count()).toBe(0)
  })
})

describe('a dry run', () => {
  it('records what a sync would do, and changes nothing', async () => {
    const { source, write } = await newFile()
    const { store, service, sync, signal, changed } = await newSyncing([source])
    await write(many('r', 30))
    await sync()
    changed.length = 0
    const before = { known: await store.inventory.known(), changes: await store.changes.count() }
    await write([raw('r1', { port: 22 }), raw('new')])
    const plans = await service.sync({ dryRun: true, requestedBy: 'alice' }, signal)
    expect(plans).toMatchObject([
      {
        state: 'DRY_RUN',
        reason: expect.stringContaining('29 of 30'),
        created: 1,
        updated: 1,
        decommissioned: 29,
        unchanged: 0,
      },
    ])
    expect({ known: await store.inventory.known(), changes: await store.changes.count() }).toEqual(before)
    expect(changed).toEqual([])
    expect((await store.syncPlans.page({ page: { first: 1 } })).items).toEqual(plans)
  })
})
