import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffInventory, type InventoryDiff, type KnownDevice } from '../../src/inventory/diff.ts'
import { identityKey } from '../../src/inventory/identity.ts'
import { DEVICE_LIFECYCLES, type Inventory, type InventoryRecord } from '../../src/inventory/record.ts'
import { atOnce } from '../support/at-once.ts'
import { records } from './support/arbitraries.ts'

const known = fc
  .tuple(records, fc.infiniteStream(fc.constantFrom(...DEVICE_LIFECYCLES)))
  .map(([list, lifecycles]) => list.map((item, index) => knownAs(item, index + 1, lifecycles.next().value)))

function knownAs(item: InventoryRecord, id: number, lifecycle: KnownDevice['lifecycle']): KnownDevice {
  return { ...item, id, lifecycle, source: 'global', decommissionedBy: null }
}

function diff(before: readonly KnownDevice[], now: Inventory): InventoryDiff {
  return atOnce(diffInventory(before, now, 'global'))
}

function listing(records: InventoryRecord[]): Inventory {
  return { records, rejected: [] }
}

const NAMED: InventoryRecord = {
  key: null,
  name: 'r1',
  address: '10.0.0.1',
  port: 830,
  site: 's',
  country: 'Schweiz',
  region: null,
  platform: null,
  credential: null,
}

/** What a store that does as the diff says would know afterwards. */
function apply(before: readonly KnownDevice[], diff: InventoryDiff): Map<number, KnownDevice> {
  const after = new Map(before.map((device) => [device.id, device]))
  const update = (id: number, changed: Partial<KnownDevice>) => {
    const device = after.get(id)
    if (!device) throw new Error(`The diff names the unknown device ${id}.`)
    after.set(id, { ...device, ...changed })
  }
  for (const { id, changes } of [...diff.updated, ...diff.restored]) {
    for (const { field, before: was, after: is } of changes) {
      expect(was).toBe(textOf(after.get(id)?.[field]))
      update(id, { [field]: field === 'port' ? Number(is) : is })
    }
  }
  for (const { id } of diff.restored) update(id, { lifecycle: 'ACTIVE' })
  for (const { id } of diff.decommissioned) update(id, { lifecycle: 'DECOMMISSIONED' })
  for (const [index, created] of diff.created.entries()) {
    after.set(1_000 + index, knownAs(created, 1_000 + index, 'ACTIVE'))
  }
  return after
}

function textOf(value: string | number | null | undefined): string | null {
  return value === null || value === undefined ? null : String(value)
}

test('applying the diff gives the devices of the source, and no known device is lost', () => {
  fc.assert(
    fc.property(known, records, (before, now) => {
      const after = [...apply(before, diff(before, listing(now))).values()]
      const active = after
        .filter(({ lifecycle }) => lifecycle === 'ACTIVE')
        .map(({ id, lifecycle, source, decommissionedBy, ...rest }) => rest)
      const byIdentity = (list: InventoryRecord[]) =>
        new Map(list.map((item) => [identityKey(item), { ...item }]))
      expect(byIdentity(active)).toEqual(byIdentity(now))
      expect(active.length).toBe(now.length)
      expect(after.length).toBeGreaterThanOrEqual(before.length)
    }),
  )
})

test('every device that was active or is listed appears exactly once in the diff', () => {
  fc.assert(
    fc.property(known, records, (before, now) => {
      const { created, updated, restored, decommissioned, unchanged } = diff(before, listing(now))
      const ids = [...[...updated, ...restored, ...decommissioned].map(({ id }) => id), ...unchanged]
      expect(new Set(ids).size).toBe(ids.length)
      const wasActive = before.filter(({ lifecycle }) => lifecycle === 'ACTIVE').map(({ id }) => id)
      const found = ids.filter((id) => !restored.some((device) => device.id === id))
      expect(found.sort()).toEqual(wasActive.sort())
      expect(created.length).toBe(now.length - (ids.length - decommissioned.length))
    }),
  )
})

test('the same inventory changes nothing the second time', () => {
  fc.assert(
    fc.property(records, (now) => {
      const before = now.map((item, index) => knownAs(item, index, 'ACTIVE'))
      expect(diff(before, listing(now))).toEqual({
        created: [],
        updated: [],
        restored: [],
        decommissioned: [],
        unchanged: before.map(({ id }) => id),
      })
    }),
  )
})

const device: InventoryRecord = {
  key: null,
  name: 'fra-core-01',
  address: '10.0.0.1',
  port: 830,
  site: 'Frankfurt 1',
  country: 'Germany',
  region: 'EMEA',
  platform: null,
  credential: null,
}

test('an update names each field with its old and new value', () => {
  const now = { ...device, address: '10.0.0.2', port: 22, region: null, platform: 'junos' }
  expect(diff([knownAs(device, 7, 'ACTIVE')], listing([now])).updated).toEqual([
    {
      id: 7,
      record: now,
      changes: [
        { field: 'address', before: '10.0.0.1', after: '10.0.0.2' },
        { field: 'port', before: '830', after: '22' },
        { field: 'region', before: 'EMEA', after: null },
        { field: 'platform', before: null, after: 'junos' },
      ],
    },
  ])
})

test.each(['name', 'site', 'country'] as const)(
  'without a key, a device with another %s is another device',
  (field) => {
    const moved = { ...device, [field]: 'elsewhere' }
    const before = knownAs(device, 7, 'ACTIVE')
    expect(diff([before], listing([moved]))).toMatchObject({
      created: [moved],
      updated: [],
      decommissioned: [{ id: 7, record: before }],
    })
  },
)

test('a decommissioned device that is listed again is restored under its id', () => {
  expect(diff([knownAs(device, 7, 'DECOMMISSIONED')], listing([device]))).toMatchObject({
    created: [],
    restored: [{ id: 7, record: device, changes: [] }],
    unchanged: [],
  })
})

test('a device whose record was set aside stays as it is', () => {
  const { name, site, country } = device
  const rejected = [
    { position: 1, record: '{}', reason: '', identity: { name, site, country }, key: null },
    {
      position: 2,
      record: '{}',
      reason: '',
      identity: { name: 'never seen', site, country },
      key: null,
    },
    { position: 3, record: '7', reason: '', identity: null, key: null },
  ]
  const nothing = { created: [], updated: [], restored: [], decommissioned: [] }
  expect(diff([knownAs(device, 7, 'ACTIVE')], { records: [], rejected })).toEqual({
    ...nothing,
    unchanged: [7],
  })
  expect(diff([knownAs(device, 7, 'DECOMMISSIONED')], { records: [], rejected })).toEqual({
    ...nothing,
    unchanged: [],
  })
})

const keyed = { ...device, key: '17' }

test.each(['name', 'site', 'country'] as const)(
  'with a key, a device with another %s is the same device',
  (field) => {
    const moved = { ...keyed, [field]: 'elsewhere' }
    const changes = [{ field, before: device[field], after: 'elsewhere' }]
    expect(diff([knownAs(keyed, 7, 'ACTIVE')], listing([moved]))).toEqual({
      ...diff([], listing([])),
      updated: [{ id: 7, record: moved, changes }],
    })
    expect(diff([knownAs(keyed, 7, 'DECOMMISSIONED')], listing([moved]))).toMatchObject({
      created: [],
      restored: [{ id: 7, record: moved, changes }],
    })
  },
)

test('devices that swap their names are matched by their keys, in any order', () => {
  const [a, b] = [
    { ...keyed, key: '1', name: 'a', address: '10.0.0.1' },
    { ...keyed, key: '2', name: 'b', address: '10.0.0.2' },
  ]
  const before = [knownAs(a, 1, 'ACTIVE'), knownAs(b, 2, 'ACTIVE')]
  const now = [
    { ...b, name: 'a' },
    { ...a, name: 'b' },
  ]
  expect(diff(before, listing(now)).updated).toEqual([
    { id: 2, record: now[0], changes: [{ field: 'name', before: 'b', after: 'a' }] },
    { id: 1, record: now[1], changes: [{ field: 'name', before: 'a', after: 'b' }] },
  ])
})

test('a key that appears or disappears in the source is an update', () => {
  const change = (before: string | null, after: string | null) => [{ field: 'key', before, after }]
  expect(diff([knownAs(device, 7, 'ACTIVE')], listing([keyed])).updated).toEqual([
    { id: 7, record: keyed, changes: change(null, '17') },
  ])
  expect(diff([knownAs(keyed, 7, 'ACTIVE')], listing([device])).updated).toEqual([
    { id: 7, record: device, changes: change('17', null) },
  ])
  const other = { ...keyed, key: '18' }
  expect(diff([knownAs(keyed, 7, 'ACTIVE')], listing([other])).updated).toEqual([
    { id: 7, record: other, changes: change('17', '18') },
  ])
})

test('a key counts within its source only: a device of another source is matched by name, and taken over', () => {
  const others = { ...knownAs(keyed, 7, 'ACTIVE'), source: 'before' }
  const renamed = { ...keyed, name: 'fra-core-02' }
  expect(diff([others], listing([renamed]))).toMatchObject({ created: [renamed], decommissioned: [] })
  expect(diff([others], listing([keyed])).updated).toEqual([
    { id: 7, record: keyed, changes: [{ field: 'source', before: 'before', after: 'global' }] },
  ])
})

test('a device whose record was set aside is also matched by its key', () => {
  const rejected = [{ position: 1, record: '{}', reason: '', identity: null, key: '17' }]
  expect(diff([knownAs(keyed, 7, 'ACTIVE')], { records: [], rejected })).toMatchObject({
    decommissioned: [],
    unchanged: [7],
  })
})

test('a device is not lost because its record repeats the key of another', () => {
  const [one, other] = [keyed, { ...device, name: 'fra-core-02', address: '10.0.0.2' }]
  const { name, site, country } = other
  const rejected = [{ position: 2, record: '{}', reason: '', identity: { name, site, country }, key: '17' }]
  const before = [knownAs(one, 1, 'ACTIVE'), knownAs(other, 2, 'ACTIVE')]
  expect(diff(before, { records: [one], rejected })).toMatchObject({ decommissioned: [], unchanged: [1, 2] })
})

test('a device that was stored before names were normalised is the same one under its normalised name', () => {
  const stored = { ...NAMED, site: 'Zu\u0308rich', name: 'r\u200b1\u00a0' }
  const { updated, ...rest } = diff(
    [knownAs(stored, 1, 'ACTIVE')],
    listing([{ ...NAMED, site: 'Zürich', name: 'r1' }]),
  )
  expect(updated).toMatchObject([{ id: 1, changes: [{ field: 'name' }, { field: 'site' }] }])
  expect(rest).toEqual({ created: [], restored: [], decommissioned: [], unchanged: [] })
})
