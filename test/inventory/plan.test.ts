import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InventoryDiff, KnownDevice } from '../../src/inventory/diff.ts'
import { digestOf, judgePlan } from '../../src/inventory/judge-plan.ts'
import { type InventoryPlan, planInventory } from '../../src/inventory/plan.ts'
import { rankOf } from '../../src/inventory/precedence.ts'
import type { Inventory, InventoryRecord } from '../../src/inventory/record.ts'
import { atOnce } from '../support/at-once.ts'
import { knownDevice } from './support/known-device.ts'

const CEILING = { decommission: 0.1, move: 0.1, atLeast: 20 }

function known(id: number, fields: Partial<KnownDevice> = {}): KnownDevice {
  return knownDevice({ id, name: `r${id}`, address: `10.0.${id >> 8}.${id & 255}`, ...fields })
}

/** What a source that knows the device says of it. */
function recordOf(device: KnownDevice, fields: Partial<InventoryRecord> = {}): InventoryRecord {
  const { id, lifecycle, source, decommissionedBy, ...record } = device
  return { ...record, ...fields }
}

function listing(...records: InventoryRecord[]): Inventory {
  return { records, rejected: [] }
}

function planOf(leaving: number, activeBefore: number, recordsGiven = 1): InventoryPlan {
  const decommissioned = Array.from({ length: leaving }, (_, id) => ({ id, record: known(id) }))
  const diff = { created: [], updated: [], restored: [], decommissioned, unchanged: [] }
  return {
    diff,
    inventory: listing(),
    activeBefore,
    recordsGiven,
    recordsUnusable: 0,
    untold: 0,
    warnings: [],
  }
}

describe('a plan', () => {
  test.each<[string, InventoryPlan]>([
    ['takes nothing away', planOf(0, 100)],
    ['takes nothing away, and has no record', planOf(0, 0, 0)],
    ['takes no more than the number', planOf(20, 20)],
    ['takes no more than the share', planOf(1_400, 14_000)],
  ])('that %s is applied', (_name, plan) => {
    expect(judgePlan(plan, CEILING)).toEqual({ awaits: null, holdsMoves: false })
  })

  test.each<[string, InventoryPlan, string]>([
    [
      'takes more than both',
      planOf(8_260, 14_000),
      'It would decommission 8260 of 14000 active devices (59%), which is more than 20 and more than 10%.',
    ],
    [
      'takes one more than both',
      planOf(21, 209),
      'It would decommission 21 of 209 active devices (10%), which is more than 20 and more than 10%.',
    ],
    [
      'has no usable record',
      planOf(3, 3, 0),
      'The source gave no record that can be used. It would decommission 3 of 3 active devices.',
    ],
  ])('that %s awaits approval', (_name, plan, awaits) => {
    expect(judgePlan(plan, CEILING)).toEqual({ awaits, holdsMoves: false })
  })

  test('never takes more than both ceilings allow without approval', () => {
    const ceiling = fc.record({
      decommission: fc.double({ min: 0, max: 1, noNaN: true }),
      move: fc.constant(1),
      atLeast: fc.nat({ max: 50 }),
    })
    const devices = fc.array(fc.boolean(), { maxLength: 60 })
    fc.assert(
      fc.property(devices, ceiling, (kept, limits) => {
        const before = kept.map((_, index) => known(index + 1))
        const now = listing(...before.filter((_, index) => kept[index]).map((device) => recordOf(device)))
        const plan = atOnce(planInventory(before, now, rankOf('global', [])))
        const gone = kept.filter((each) => !each).length
        expect(plan.diff.decommissioned).toHaveLength(gone)
        const isTooMuch = gone > limits.atLeast && gone > limits.decommission * before.length
        const isEmpty = gone > 0 && gone === before.length
        expect(judgePlan(plan, limits).awaits !== null).toBe(isTooMuch || isEmpty)
      }),
    )
  })
})

test('the digest depends on the devices that would be decommissioned, not on their order', () => {
  const gone = (...ids: number[]) => ({
    ...planOf(0, 0).diff,
    decommissioned: ids.map((id) => ({ id, record: known(id) })),
  })
  const digest = (diff: InventoryDiff) => digestOf(diff, { holdsMoves: false })
  expect(digest(gone(1, 12, 3))).toMatch(/^[0-9a-f]{64}$/)
  expect(digest(gone(1, 12, 3))).toBe(digest({ ...gone(12, 3, 1), created: [recordOf(known(9))] }))
  expect(digest(gone(1, 12, 3))).not.toBe(digest(gone(1, 1, 23)))
  expect(digest(gone(1, 12, 3))).not.toBe(digest(gone(1, 12)))
})

describe('of several sources', () => {
  const order = ['first', 'second']
  const theirs = (fields: Partial<KnownDevice> = {}) => known(1, { source: 'first', ...fields })

  function second(before: KnownDevice[], ...records: InventoryRecord[]) {
    return atOnce(planInventory(before, listing(...records), rankOf('second', order)))
  }

  test('the later one does not own devices that the earlier one lists, by name or address', () => {
    const own = known(2, { source: 'second' })
    const { diff, inventory, recordsGiven } = second(
      [theirs(), own],
      recordOf(theirs(), { address: '10.9.9.9' }),
      recordOf(own),
      recordOf(known(3), { address: theirs().address }),
    )
    expect(diff).toMatchObject({ created: [], updated: [], decommissioned: [], unchanged: [2] })
    expect(inventory.rejected).toMatchObject([
      {
        position: 1,
        reason: 'r1 at site Paris of France is taken from the source first, which takes precedence.',
      },
      {
        position: 3,
        reason: expect.stringMatching(
          /source first.* It has the same address and port: 10\.0\.0\.1 port 830\.$/,
        ),
      },
    ])
    expect(recordsGiven).toBe(3)
  })

  test('the earlier one takes over devices that the later one lists under the same name', () => {
    const { diff } = atOnce(
      planInventory(
        [known(1, { source: 'second' }), known(2, { source: 'second' })],
        listing(recordOf(known(1))),
        rankOf('first', order),
      ),
    )
    expect(diff).toMatchObject({
      updated: [{ id: 1, changes: [{ field: 'source', before: 'second', after: 'first' }] }],
      decommissioned: [],
    })
  })

  test('a device exists once after the earlier one lists its address', () => {
    const own = known(2, { source: 'second', address: theirs().address })
    expect(second([theirs(), own], recordOf(own)).diff.decommissioned).toMatchObject([{ id: 2 }])
  })

  test('one that is no longer configured has no precedence', () => {
    const before = theirs({ source: 'removed' })
    expect(second([before], recordOf(before)).diff.updated).toMatchObject([{ id: 1 }])
  })

  test.each<[string, string | null, string | null, string | null]>([
    ["the earlier one's", 'EMEA', 'DACH', 'EMEA'],
    ["the later one's if the earlier has none", null, 'DACH', 'DACH'],
    ['the known one if the later has none', 'EMEA', null, 'EMEA'],
  ])('the region of a country is %s', (_name, region, given, expected) => {
    const { inventory } = second([theirs({ region })], recordOf(known(2), { region: given }))
    expect(inventory.records).toMatchObject([{ region: expected }])
  })

  test('the earlier one decides on the region, unless it gives none', () => {
    const before = [known(1, { source: 'second', region: 'DACH' })]
    const regionFor = (region: string | null) =>
      atOnce(planInventory(before, listing(recordOf(known(2), { region })), rankOf('first', order))).inventory
        .records
    expect(regionFor('EMEA')).toMatchObject([{ region: 'EMEA' }])
    expect(regionFor(null)).toMatchObject([{ region: 'DACH' }])
  })
})

describe('decisions of a person', () => {
  const rank = rankOf('global', ['global'])

  test('a source gets neither a device that was onboarded by hand nor its address', () => {
    const manual = known(1, { source: 'manual' })
    const { diff, inventory } = atOnce(
      planInventory(
        [manual],
        listing(recordOf(manual), recordOf(known(2), { address: manual.address })),
        rank,
      ),
    )
    expect(diff).toMatchObject({ created: [], updated: [], decommissioned: [] })
    expect(inventory.rejected).toMatchObject([
      { position: 1, reason: expect.stringContaining('onboarded by hand') },
      { position: 2, reason: expect.stringContaining('same address and port') },
    ])
  })

  test('a device that was decommissioned by hand stays decommissioned, even if its key returns with another name', () => {
    const gone = known(1, { key: '17', lifecycle: 'DECOMMISSIONED', decommissionedBy: 'alice' })
    const { diff, inventory } = atOnce(
      planInventory(
        [gone],
        listing(recordOf(gone, { name: 'renamed' }), recordOf(known(2), { address: gone.address })),
        rank,
      ),
    )
    expect(diff).toMatchObject({ restored: [], created: [{ name: 'r2' }] })
    expect(inventory.rejected).toMatchObject([
      {
        position: 1,
        reason: expect.stringMatching(/^alice decommissioned r1 at site Paris of France by hand;/),
      },
    ])
  })
})

test.each<[string, (device: KnownDevice) => InventoryRecord]>([
  ['listed', (device) => recordOf(device)],
  ['replaced', (device) => recordOf(device, { name: `new-${device.name}` })],
])('a plan is made in small steps if all devices are %s', (_name, recordFor) => {
  const rank = rankOf('global', ['global'])
  const stepsFor = (count: number) => {
    const before = Array.from({ length: count }, (_, index) => known(index))
    let steps = 0
    for (const _ of planInventory(before, listing(...before.map(recordFor)), rank)) steps += 1
    return steps
  }
  const few = stepsFor(1_000)
  // The known devices and the records are gone through several times, 100 in a step.
  expect(few).toBeGreaterThan(60)
  expect(stepsFor(10_000)).toBeGreaterThanOrEqual(9 * few)
})
