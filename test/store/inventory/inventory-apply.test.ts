import { describe, expect, it } from 'vitest'
import type { InventoryDiff, KnownDevice } from '../../../src/inventory/diff.ts'
import { idsByName, newStore, record, sync } from '../support/fixture.ts'

const NOTHING: InventoryDiff = { created: [], updated: [], restored: [], decommissioned: [], unchanged: [] }

const OPTIONS = {
  source: 'global',
  at: 2_000,
  actor: 'source:global',
  decommission: { by: null, note: [] },
}

function asRecord({ id, lifecycle, source, decommissionedBy, ...record }: KnownDevice) {
  return record
}

describe('apply', () => {
  it('creates countries, sites and devices', async () => {
    const { store } = await newStore()
    const records = [
      record('France/Paris/r1', { region: 'EMEA', platform: 'iosxe', credential: 'lab', port: 22 }),
      record('France/Lyon/r1', { region: 'EMEA', address: '192.0.2.7' }),
      record('Japan/Tokyo/r1', { region: 'APAC' }),
    ]
    const { conflicts, changedDeviceIds } = await sync(store, records)
    expect(conflicts).toEqual([])
    expect(changedDeviceIds).toHaveLength(3)
    const created = await store.devices.byIds(changedDeviceIds)
    expect(created.map(({ address }) => address).sort()).toEqual(records.map(({ address }) => address).sort())

    const known = await store.inventory.known('global')
    expect(known.map(asRecord)).toEqual(records)
    expect(await store.inventory.countries()).toMatchObject([
      { name: 'France', region: 'EMEA' },
      { name: 'Japan', region: 'APAC' },
    ])
    const [device] = await store.devices.find('r1', 'Paris')
    expect(device).toMatchObject({
      lifecycle: 'ACTIVE',
      source: 'global',
      firstSeenAt: 1_000,
      lastSeenAt: 1_000,
      lastProbeId: null,
      lastOutcome: null,
      netconfSupported: null,
      capabilitySetId: null,
      missingCapabilities: [],
    })
  })

  it('updates, decommissions and restores, and keeps ids and history', async () => {
    const { store } = await newStore()
    const [r1, r2, r3] = [record('France/Paris/r1'), record('France/Paris/r2'), record('Peru/Lima/r3')]
    await sync(store, [r1, r2, r3], { at: 1_000 })
    const ids = await idsByName(store)
    const { changedDeviceIds } = await sync(store, [{ ...r1, address: '192.0.2.1' }, r2], { at: 2_000 })
    expect(changedDeviceIds).toEqual([ids.r1, ids.r3])

    const states = async () =>
      (await store.devices.byIds(Object.values(ids))).map(({ name, lifecycle, firstSeenAt, lastSeenAt }) => [
        name,
        lifecycle,
        firstSeenAt,
        lastSeenAt,
      ])
    expect(await states()).toEqual([
      ['r1', 'ACTIVE', 1_000, 2_000],
      ['r2', 'ACTIVE', 1_000, 2_000],
      ['r3', 'DECOMMISSIONED', 1_000, 1_000],
    ])
    expect((await store.devices.find('r1'))[0]?.address).toBe('192.0.2.1')
    expect(await store.inventory.countryByName('Peru')).not.toBeNull()

    const restored = await sync(store, [{ ...r3, port: 22 }], { at: 3_000 })
    expect(restored.changedDeviceIds).toEqual([ids.r3, ids.r1, ids.r2])
    const unchanged = await sync(store, [{ ...r3, port: 22 }], { at: 3_000 })
    expect(unchanged.changedDeviceIds).toEqual([])
    expect(await states()).toEqual([
      ['r1', 'DECOMMISSIONED', 1_000, 2_000],
      ['r2', 'DECOMMISSIONED', 1_000, 2_000],
      ['r3', 'ACTIVE', 1_000, 3_000],
    ])
    expect((await store.devices.find('r3'))[0]).toMatchObject({ id: ids.r3, port: 22 })
    expect(await store.inventory.known('global')).toHaveLength(3)
  })

  it('leaves out and reports a record whose place a device of another source has', async () => {
    const { store } = await newStore()
    await sync(store, [record('France/Paris/r1', { address: '192.0.2.1' })], { source: 'first' })
    const created = [record('France/Paris/r1', { address: '192.0.2.2' }), record('France/Paris/r2')]
    const result = await store.inventory.apply({ ...NOTHING, created }, OPTIONS)
    expect(result).toMatchObject({
      created: 1,
      changedDeviceIds: [(await idsByName(store)).r2],
      conflicts: [
        {
          record: created[0],
          reason: 'The name r1 is held at site Paris of France by a device of source first.',
        },
      ],
    })
    expect((await store.devices.find('r1'))[0]).toMatchObject({ source: 'first', address: '192.0.2.1' })
    expect((await store.devices.find('r2'))[0]).toMatchObject({ source: 'global' })
  })

  it('takes over a device of a source that is no longer configured', async () => {
    const { store } = await newStore()
    await sync(store, [record('France/Paris/r1')], { source: 'first' })
    const { updated } = await sync(store, [record('France/Paris/r1')], { source: 'second', at: 2_000 })
    expect(updated).toBe(1)
    expect(await store.devices.find('r1')).toMatchObject([{ source: 'second', lastSeenAt: 2_000 }])
  })

  it('renames a device that has a key, and keeps its id', async () => {
    const { store } = await newStore()
    await sync(store, [record('France/Paris/r1', { key: '17' })])
    const { r1: id } = await idsByName(store)
    await sync(store, [record('Peru/Lima/r2', { key: '17' })])
    expect(await store.inventory.known()).toMatchObject([{ id, key: '17', name: 'r2', country: 'Peru' }])
  })

  it('swaps the names of devices that have keys', async () => {
    const { store } = await newStore()
    const [a, b] = [record('France/Paris/a', { key: '1' }), record('France/Paris/b', { key: '2' })]
    await sync(store, [a, b])
    const before = await idsByName(store)
    const { conflicts } = await sync(store, [
      { ...a, name: 'b' },
      { ...b, name: 'a' },
    ])
    expect(conflicts).toEqual([])
    expect(await idsByName(store)).toEqual({ a: before.b, b: before.a })
  })

  it('gives the name of a decommissioned device to the active device that has it now', async () => {
    const { store } = await newStore()
    const [r1, r2] = [record('France/Paris/r1', { key: '1' }), record('France/Paris/r2', { key: '2' })]
    await sync(store, [r1, r2])
    const { r1: first, r2: second } = await idsByName(store)
    // r2 is gone, and r1 was given its name.
    const { conflicts, changedDeviceIds } = await sync(store, [{ ...r1, name: 'r2' }])
    expect(conflicts).toEqual([])
    expect(new Set(changedDeviceIds)).toEqual(new Set([first, second]))
    expect(await store.inventory.known()).toMatchObject([
      { id: first, name: 'r2', lifecycle: 'ACTIVE' },
      { id: second, name: `r2 #${second}`, lifecycle: 'DECOMMISSIONED' },
    ])
    // It comes back, and is known by its key.
    await sync(store, [
      { ...r1, name: 'r2' },
      { ...r2, name: 'r3' },
    ])
    expect(await store.inventory.known()).toMatchObject([
      { id: first, name: 'r2' },
      { id: second, name: 'r3', lifecycle: 'ACTIVE' },
    ])
  })

  it('finds a free name for a decommissioned device', async () => {
    const { store } = await newStore()
    const r1 = record('France/Paris/r1', { key: '1' })
    const taken = ['r2 #2', 'r2 #2 #2'].map((name, index) =>
      record('France/Paris/r2', { key: `${index + 3}`, address: `192.0.2.${index}`, name }),
    )
    await sync(store, [r1, record('France/Paris/r2', { key: '2' }), ...taken.slice(0, 1)])
    const { conflicts } = await sync(store, [{ ...r1, name: 'r2' }, ...taken])
    expect(conflicts).toEqual([])
    expect(Object.keys(await idsByName(store)).sort()).toEqual(['r2', 'r2 #2', 'r2 #2 #2', 'r2 #2 #2 #2'])
  })

  it('lets devices swap their names, and take the place of a device that moves away', async () => {
    const { store } = await newStore()
    await sync(store, [record('France/Paris/a'), record('France/Paris/b'), record('France/Paris/c')])
    const { a = 0, b = 0, c = 0 } = await idsByName(store)
    const moves = [
      { id: a, record: record('France/Paris/b'), changes: [] },
      { id: b, record: record('France/Paris/c'), changes: [] },
      { id: c, record: record('France/Lyon/a'), changes: [] },
    ]
    const created = [record('France/Paris/a')]
    const { conflicts } = await store.inventory.apply({ ...NOTHING, updated: moves, created }, OPTIONS)

    expect(conflicts).toEqual([])
    expect(await idsByName(store)).toMatchObject({ b: a, c: b })
    expect(await store.devices.find('a', 'Lyon')).toMatchObject([{ id: c }])
    expect(await store.devices.find('a', 'Paris')).toMatchObject([{ firstSeenAt: 2_000 }])
  })

  it('applies no move of a chain if the last one is not possible', async () => {
    const { store } = await newStore()
    await sync(store, [record('France/Paris/a'), record('France/Paris/b')])
    await sync(store, [record('France/Paris/c')], { source: 'other' })
    const before = await idsByName(store)
    const updated = [
      { id: before.a ?? 0, record: record('France/Paris/b'), changes: [] },
      { id: before.b ?? 0, record: record('France/Paris/c'), changes: [] },
    ]
    const { conflicts } = await store.inventory.apply(
      { ...NOTHING, updated, created: [record('France/Paris/a')] },
      OPTIONS,
    )

    expect(conflicts.map(({ record: { name } }) => name).sort()).toEqual(['a', 'b', 'c'])
    expect(await idsByName(store)).toEqual(before)
  })

  it('applies all or nothing', async () => {
    const { store } = await newStore()
    await sync(store, [record('France/Paris/a')])
    const broken = record('Chad/Sarh/x', { port: Number.NaN })
    await expect(store.inventory.apply({ ...NOTHING, created: [broken] }, OPTIONS)).rejects.toThrow(
      /NOT NULL constraint failed: devices\.port|type bigint: "NaN"/,
    )
    expect(await store.inventory.countryByName('Chad')).toBeNull()
    await sync(store, [record('France/Paris/a'), record('France/Paris/b')])
    expect(await store.devices.count()).toBe(2)
  })

  it('needs as many statements for 400 devices as for one', async () => {
    const { store, statements } = await newStore()
    const many = Array.from({ length: 400 }, (_, index) => record(`C${index % 7}/S${index % 90}/r${index}`))
    const counted = async (diff: Partial<InventoryDiff>) => {
      statements.length = 0
      await store.inventory.apply({ ...NOTHING, ...diff }, OPTIONS)
      return statements.length
    }
    const one = await counted({ created: [record('France/Paris/r1')] })
    expect(await counted({ created: many })).toBe(one)
    expect(await store.devices.count()).toBe(401)
  })

  describe("a country's region", () => {
    const [a, b] = [record('France/Paris/a'), record('France/Paris/b')]
    const region = async (first: (string | null)[], ...later: (string | null)[][]) => {
      const { store } = await newStore()
      for (const [regionOfA = null, regionOfB = null] of [first, ...later]) {
        await sync(store, [
          { ...a, region: regionOfA },
          { ...b, region: regionOfB },
        ])
      }
      return (await store.inventory.countryByName('France'))?.region
    }

    it.each<[string, (string | null)[][], string | null]>([
      ['is what its records say', [['EMEA', 'EMEA']], 'EMEA'],
      ['is the first named if they differ', [[null, 'EMEA']], 'EMEA'],
      [
        'changes with them',
        [
          ['EMEA', 'EMEA'],
          ['EU', 'EU'],
        ],
        'EU',
      ],
      [
        'is cleared with them',
        [
          ['EMEA', 'EMEA'],
          [null, null],
        ],
        null,
      ],
      [
        'is that of the country, not of the records in it that are left',
        [
          ['EMEA', 'EMEA'],
          [null, null],
          ['EU', 'EU'],
        ],
        'EU',
      ],
      [
        'stays if a record still names it',
        [
          ['EMEA', 'EMEA'],
          ['EMEA', null],
        ],
        'EMEA',
      ],
      [
        'does not go to and fro',
        [
          ['EMEA', 'EU'],
          ['EMEA', 'EU'],
          ['EMEA', 'EU'],
        ],
        'EMEA',
      ],
      [
        'is added by one record',
        [
          [null, null],
          ['EMEA', null],
        ],
        'EMEA',
      ],
    ])('%s', async (_name, [first = [], ...later], expected) => {
      expect(await region(first, ...later)).toBe(expected)
    })
  })
})
