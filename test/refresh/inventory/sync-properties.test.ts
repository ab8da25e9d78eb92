import fc from 'fast-check'
import { expect, it } from 'vitest'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLogger } from '../../../src/base/log.ts'
import type { Ceiling } from '../../../src/config/schema.ts'
import { endpointOf } from '../../../src/inventory/identity.ts'
import type { InventoryRecord } from '../../../src/inventory/record.ts'
import { InventoryService } from '../../../src/refresh/inventory/inventory-service.ts'
import { WriteRetry } from '../../../src/refresh/inventory/write-retry.ts'
import { records } from '../../inventory/support/arbitraries.ts'
import { newStore } from '../../store/support/fixture.ts'
import { propertyRuns } from '../../support/property-runs.ts'

const { signal } = new AbortController()

/** Sources that give whatever `inventories` has for them, by name, in the order of precedence. */
async function newSources(inventories: Record<string, InventoryRecord[]>, ceiling: Ceiling) {
  const { store } = await newStore()
  const sources = Object.keys(inventories).map((name) => ({
    name,
    fetch: async () => ({ records: inventories[name] ?? [], rejected: [] }),
  }))
  const service = new InventoryService(sources, {
    store,
    log: silentLogger,
    now: () => 1_000,
    writeRetry: new WriteRetry({ clock: systemClock, log: silentLogger, onChange: () => undefined }),
    order: Object.keys(inventories),
    ceilingOf: () => ceiling,
    defaultPort: 830,
    onSynced: () => undefined,
    onChanged: () => undefined,
    onAwaiting: () => undefined,
  })
  return { store, sync: () => service.sync({ dryRun: false, requestedBy: null }, signal) }
}

it('no sync decommissions more than both ceilings allow', async () => {
  const limits = { decommission: 0.5, move: 0.5, atLeast: 2 }
  const inventories = { global: [] as InventoryRecord[] }
  const { store, sync } = await newSources(inventories, limits)
  const activeIds = async () =>
    (await store.inventory.known()).flatMap(({ id, lifecycle }) => (lifecycle === 'ACTIVE' ? [id] : []))
  let waited = 0
  await fc.assert(
    fc.asyncProperty(records, async (next) => {
      inventories.global = next
      const before = await activeIds()
      const [plan] = await sync()
      const after = new Set(await activeIds())
      const gone = before.filter((id) => !after.has(id)).length
      expect(gone <= limits.atLeast || gone <= limits.decommission * before.length).toBe(true)
      expect(gone).toBe(plan?.state === 'APPLIED' ? plan.decommissioned : 0)
      if (plan?.state === 'AWAITING_APPROVAL') waited += 1
    }),
    { numRuns: propertyRuns(50) },
  )
  expect(waited).toBeGreaterThan(0)
})

it('two sources reach a stable state in which each device has one source', async () => {
  const inventories: Record<string, InventoryRecord[]> = { first: [], second: [] }
  const { store, sync } = await newSources(inventories, { decommission: 1, move: 1, atLeast: 0 })
  // An empty answer would wait for approval.
  const inventory = records
    .filter(({ length }) => length > 0)
    .map((list) => [...new Map(list.map((each) => [endpointOf(each), each])).values()])
  await fc.assert(
    fc.asyncProperty(inventory, inventory, async (first, second) => {
      Object.assign(inventories, { first, second })
      // Who is in whose way shows as the others leave.
      for (let round = 0; round < 3; round += 1) await sync()
      const decided = await store.changes.count()
      await sync()
      expect(await store.changes.count()).toBe(decided)
      const active = (await store.inventory.known()).filter(({ lifecycle }) => lifecycle === 'ACTIVE')
      const own = active.filter(({ source }) => source === 'second').map(endpointOf)
      const taken = active.filter(({ source }) => source === 'first').map(endpointOf)
      expect(own.filter((endpoint) => taken.includes(endpoint))).toEqual([])
      expect(active.length).toBeLessThanOrEqual(first.length + second.length)
    }),
    { numRuns: propertyRuns(30) },
  )
})
