import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { KnownDevice } from '../../../src/inventory/diff.ts'
import { identityKey } from '../../../src/inventory/identity.ts'
import { planInventory } from '../../../src/inventory/plan.ts'
import { rankOf } from '../../../src/inventory/precedence.ts'
import type { InventoryRecord } from '../../../src/inventory/record.ts'
import type { Store } from '../../../src/store/store.ts'
import { records } from '../../inventory/support/arbitraries.ts'
import { atOnce } from '../../support/at-once.ts'
import { propertyRuns } from '../../support/property-runs.ts'
import { newStore, sync } from '../support/fixture.ts'

/** What is active, as a source would list it. */
async function listed(store: Store): Promise<Map<string, InventoryRecord>> {
  const active = (await store.inventory.known()).filter(({ lifecycle }) => lifecycle === 'ACTIVE')
  return byIdentity(active.map(asRecord))
}

function asRecord({ id, lifecycle, source, decommissionedBy, ...record }: KnownDevice): InventoryRecord {
  return record
}

function byIdentity(list: readonly InventoryRecord[]): Map<string, InventoryRecord> {
  return new Map(list.map((record) => [identityKey(record), { ...record }]))
}

it('applying any inventory over any other gives that inventory, and changes nothing the second time', async () => {
  const { store } = await newStore()
  await fc.assert(
    // What the runs before have left, decommissioned devices above all, is where the next begins.
    fc.asyncProperty(records, records, async (first, second) => {
      for (const inventory of [first, second]) {
        const before = new Set((await store.inventory.known()).map(({ id }) => id))
        const { conflicts } = await sync(store, inventory)
        expect(conflicts).toEqual([])
        expect(await listed(store)).toEqual(byIdentity(inventory))
        // Nothing is forgotten.
        const after = new Set((await store.inventory.known()).map(({ id }) => id))
        expect([...before].filter((id) => !after.has(id))).toEqual([])
      }
      const known = await store.inventory.known()
      const { diff } = atOnce(planInventory(known, { records: second, rejected: [] }, rankOf('global', [])))
      expect(diff).toMatchObject({ created: [], updated: [], restored: [], decommissioned: [] })
      expect(diff.unchanged).toHaveLength(second.length)
    }),
    { numRuns: propertyRuns(50) },
  )
})

it('a device with a key keeps its id, wherever the key appears', async () => {
  const { store } = await newStore()
  const idsOfKeys = async () =>
    new Map((await store.inventory.known()).flatMap(({ key, id }) => (key === null ? [] : [[key, id]])))
  await fc.assert(
    fc.asyncProperty(records, records, async (first, second) => {
      await sync(store, first)
      const before = await idsOfKeys()
      await sync(store, second)
      const after = await idsOfKeys()
      for (const { key } of second) {
        if (key !== null && before.has(key)) expect(after.get(key)).toBe(before.get(key))
      }
    }),
    { numRuns: propertyRuns(30) },
  )
})
