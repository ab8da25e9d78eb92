import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffInventory, type InventoryDiff, type KnownDevice } from '../../src/inventory/diff.ts'
import { identityKey } from '../../src/inventory/identity.ts'
import { DEVICE_LIFECYCLES, type Inventory, type InventoryRecord } from '../../src/inventory/record.ts'

// Few values for each field, so that two inventories share many identities.
const record: fc.Arbitrary<InventoryRecord> = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  address: fc.constantFrom('10.0.0.1', 'router.example'),
  port: fc.constantFrom(830, 22),
  site: fc.constantFrom('s', 'a'),
  country: fc.constantFrom('c', 'a'),
  region: fc.constantFrom(null, 'EMEA'),
  platform: fc.constantFrom(null, 'junos'),
  credential: fc.constantFrom(null, 'lab'),
})
const records = fc.uniqueArray(record, { selector: identityKey, maxLength: 12 })
const known = fc
  .tuple(records, fc.infiniteStream(fc.constantFrom(...DEVICE_LIFECYCLES)))
  .map(([list, lifecycles]) => list.map((item, index) => knownAs(item, index + 1, lifecycles.next().value)))

function knownAs(item: InventoryRecord, id: number, lifecycle: KnownDevice['lifecycle']): KnownDevice {
  return { ...item, id, lifecycle }
}

function listing(records: InventoryRecord[]): Inventory {
  return { records, rejected: [] }
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

test('what is known becomes what the source says, and nothing is forgotten', () => {
  fc.assert(
    fc.property(known, records, (before, now) => {
      const after = [...apply(before, diffInventory(before, listing(now))).values()]
      const active = after
        .filter(({ lifecycle }) => lifecycle === 'ACTIVE')
        .map(({ id, lifecycle, ...rest }) => rest)
      const byIdentity = (list: InventoryRecord[]) =>
        new Map(list.map((item) => [identityKey(item), { ...item }]))
      expect(byIdentity(active)).toEqual(byIdentity(now))
      expect(new Set(after.map(identityKey)).size).toBe(after.length)
      expect(after.length).toBeGreaterThanOrEqual(before.length)
    }),
  )
})

test('every device that is active before or listed now is told of exactly once', () => {
  fc.assert(
    fc.property(known, records, (before, now) => {
      const diff = diffInventory(before, listing(now))
      const touched = [...diff.updated, ...diff.restored, ...diff.decommissioned].map(({ id }) => id)
      const ids = [...touched, ...diff.unchanged]
      const listed = new Set(now.map(identityKey))
      const expected = before.filter(
        (device) => device.lifecycle === 'ACTIVE' || listed.has(identityKey(device)),
      )
      expect(ids.sort()).toEqual(expected.map(({ id }) => id).sort())
      expect(diff.created.length).toBe(now.length - (ids.length - diff.decommissioned.length))
    }),
  )
})

test('the same inventory again changes nothing', () => {
  fc.assert(
    fc.property(records, (now) => {
      const before = now.map((item, index) => knownAs(item, index, 'ACTIVE'))
      expect(diffInventory(before, listing(now))).toEqual({
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
  name: 'fra-core-01',
  address: '10.0.0.1',
  port: 830,
  site: 'Frankfurt 1',
  country: 'Germany',
  region: 'EMEA',
  platform: null,
  credential: null,
}

test('an update names each field with what it was and is', () => {
  const now = { ...device, address: '10.0.0.2', port: 22, region: null, platform: 'junos' }
  expect(diffInventory([knownAs(device, 7, 'ACTIVE')], listing([now])).updated).toEqual([
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

test.each(['name', 'site', 'country'] as const)('a device with another %s is another device', (field) => {
  const moved = { ...device, [field]: 'elsewhere' }
  const before = knownAs(device, 7, 'ACTIVE')
  const diff = diffInventory([before], listing([moved]))
  expect(diff).toMatchObject({ created: [moved], updated: [], decommissioned: [{ id: 7, record: before }] })
})

test('a decommissioned device that is listed again is restored under its id', () => {
  const diff = diffInventory([knownAs(device, 7, 'DECOMMISSIONED')], listing([device]))
  expect(diff).toMatchObject({
    created: [],
    restored: [{ id: 7, record: device, changes: [] }],
    unchanged: [],
  })
})

test('a device whose record was set aside stays as it is', () => {
  const { name, site, country } = device
  const rejected = [
    { position: 1, record: '{}', reason: '', identity: { name, site, country } },
    { position: 2, record: '{}', reason: '', identity: { name: 'never seen', site, country } },
    { position: 3, record: '7', reason: '', identity: null },
  ]
  const nothing = { created: [], updated: [], restored: [], decommissioned: [] }
  expect(diffInventory([knownAs(device, 7, 'ACTIVE')], { records: [], rejected })).toEqual({
    ...nothing,
    unchanged: [7],
  })
  expect(diffInventory([knownAs(device, 7, 'DECOMMISSIONED')], { records: [], rejected })).toEqual({
    ...nothing,
    unchanged: [],
  })
})
