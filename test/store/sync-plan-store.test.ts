import { describe, expect, it } from 'vitest'
import type { InventoryDiff } from '../../src/inventory/diff.ts'
import type { PlannedSync } from '../../src/store/inventory/inventory-sync.ts'
import type { Store } from '../../src/store/store.ts'
import type { NewSyncPlan } from '../../src/store/sync-plan-store.ts'
import { newStore, record, sync } from './support/fixture.ts'

const NOTHING: InventoryDiff = { created: [], updated: [], restored: [], decommissioned: [], unchanged: [] }

function plan(fields: Partial<NewSyncPlan> = {}): NewSyncPlan {
  return {
    source: 'global',
    state: 'APPLIED',
    reason: null,
    created: 1,
    updated: 2,
    decommissioned: 3,
    moved: 1,
    unchanged: 4,
    rejected: [{ position: 7, record: '{}', reason: 'It is no good.' }],
    warnings: ['Two countries look alike.'],
    digest: 'abc',
    plannedAt: 1_000,
    decidedAt: null,
    decidedBy: null,
    ...fields,
  }
}

function planned(fields: Partial<PlannedSync> = {}): PlannedSync {
  return {
    diff: NOTHING,
    source: 'global',
    at: 2_000,
    actor: 'source:global',
    decommission: { by: null, note: [] },
    dryRun: false,
    planOf: ({ created }) => plan({ created, plannedAt: 2_000 }),
    decides: null,
    ...fields,
  }
}

async function states(store: Store): Promise<string[]> {
  const { items } = await store.syncPlans.page({ page: { first: 100 } })
  return items.map(({ source, state }) => `${source} ${state}`)
}

describe('plans', () => {
  it('are kept as they are recorded, newest first', async () => {
    const { store } = await newStore()
    const first = await store.syncPlans.record(plan({ state: 'FAILED', reason: 'It is down.' }))
    const second = await store.syncPlans.record(plan({ state: 'DRY_RUN' }))
    expect(first).toEqual({ id: first.id, ...plan({ state: 'FAILED', reason: 'It is down.' }) })
    const { items, hasNextPage } = await store.syncPlans.page({ page: { first: 1 } })
    expect(items).toEqual([second])
    expect(hasNextPage).toBe(true)
    expect(await store.syncPlans.byIds([first.id, 999])).toEqual([first])
  })

  it('are found by their states', async () => {
    const { store } = await newStore()
    const failed = await store.syncPlans.record(plan({ state: 'FAILED' }))
    const waiting = await store.syncPlans.record(plan({ state: 'AWAITING_APPROVAL' }))
    const page = { first: 10 }
    const ofState = async (...wanted: NewSyncPlan['state'][]) =>
      (await store.syncPlans.page({ states: wanted, page })).items
    expect(await ofState('FAILED')).toEqual([failed])
    expect(await ofState('FAILED', 'AWAITING_APPROVAL', 'APPLIED')).toEqual([waiting, failed])
    expect(await store.syncPlans.count(['AWAITING_APPROVAL'])).toBe(1)
    expect(await store.syncPlans.count([])).toBe(0)
    expect(await store.syncPlans.count()).toBe(2)
  })

  it('expire once there is a newer one of their source, and no sooner', async () => {
    const { store } = await newStore()
    const { id } = await store.syncPlans.record(plan({ state: 'AWAITING_APPROVAL' }))
    await store.syncPlans.record(plan({ state: 'FAILED' }))
    await store.syncPlans.record(plan({ state: 'DRY_RUN' }))
    await store.syncPlans.record(plan({ source: 'other' }))
    expect(await states(store)).toContain('global AWAITING_APPROVAL')
    await store.syncPlans.record(plan({ state: 'AWAITING_APPROVAL', plannedAt: 5_000 }))
    expect(await store.syncPlans.byIds([id])).toMatchObject([
      { state: 'EXPIRED', decidedAt: 5_000, decidedBy: null },
    ])
    await store.syncPlans.record(plan({ state: 'APPLIED' }))
    expect(await store.syncPlans.count(['AWAITING_APPROVAL'])).toBe(0)
  })

  it('are rejected once, where they wait', async () => {
    const { store } = await newStore()
    const { id } = await store.syncPlans.record(plan({ state: 'AWAITING_APPROVAL' }))
    const decided = { state: 'REJECTED', at: 9_000, by: 'alice' } as const
    expect(await store.syncPlans.decide(id, decided)).toMatchObject({
      id,
      state: 'REJECTED',
      decidedAt: 9_000,
      decidedBy: 'alice',
    })
    expect(await store.syncPlans.decide(id, decided)).toBeNull()
    expect(await store.syncPlans.decide(999, decided)).toBeNull()
  })
})

describe('sync', () => {
  it('records the plan with what it changed', async () => {
    const { store } = await newStore()
    const { plan: row, changedDeviceIds } = await store.inventory.sync(() =>
      planned({ diff: { ...NOTHING, created: [record('France/Paris/r1')] } }),
    )
    expect(row).toMatchObject({ created: 1, state: 'APPLIED', plannedAt: 2_000 })
    expect(changedDeviceIds).toHaveLength(1)
    expect(await states(store)).toEqual(['global APPLIED'])
  })

  it('keeps neither where the plan cannot be kept', async () => {
    const { store } = await newStore()
    const diff = { ...NOTHING, created: [record('France/Paris/r1')] }
    await expect(store.inventory.sync(() => planned({ diff, decides: 17 }))).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    expect(await store.devices.count()).toBe(0)
    expect(await store.changes.count()).toBe(0)
    expect(await states(store)).toEqual([])
  })

  it('tells of a dry run what would be, and changes nothing', async () => {
    const { store } = await newStore()
    await sync(store, [record('France/Paris/r1')])
    const before = { known: await store.inventory.known(), changes: await store.changes.count() }
    const { plan: row, changedDeviceIds } = await store.inventory.sync((known) =>
      planned({
        diff: {
          ...NOTHING,
          created: [record('Chad/Sarh/x')],
          decommissioned: known.map((device) => ({ id: device.id, record: device })),
        },
        dryRun: true,
        planOf: ({ created, decommissioned }) => plan({ state: 'DRY_RUN', created, decommissioned }),
      }),
    )
    expect(row).toMatchObject({ state: 'DRY_RUN', created: 1, decommissioned: 1 })
    expect(changedDeviceIds).toEqual([])
    expect({ known: await store.inventory.known(), changes: await store.changes.count() }).toEqual(before)
    expect(await store.inventory.countryByName('Chad')).toBeNull()
  })

  it('is worked out again where what is known has changed meanwhile', async () => {
    const { store } = await newStore()
    const seen: number[] = []
    let meanwhile: Promise<unknown> | undefined
    await store.inventory.sync((known) => {
      seen.push(known.length)
      meanwhile ??= sync(store, [record('France/Paris/r1')], { source: 'other' })
      return planned()
    })
    await meanwhile
    expect(seen).toEqual([0, 1])
  })
})
