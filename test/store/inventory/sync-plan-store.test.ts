import { describe, expect, it } from 'vitest'
import type { InventoryDiff } from '../../../src/inventory/diff.ts'
import type { Inventory } from '../../../src/inventory/record.ts'
import type { NewSyncPlan } from '../../../src/store/inventory/sync-plan-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { newStore, record, sync } from '../support/fixture.ts'
import { applyPlannedSync, NO_CHANGES, plannedSync } from '../support/planned-sync.ts'

const NOTHING: InventoryDiff = { ...NO_CHANGES, unchanged: [] }

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

async function states(store: Store): Promise<string[]> {
  const { items } = await store.syncPlans.page({ page: { first: 100 } })
  return items.map(({ source, state }) => `${source} ${state}`)
}

describe('plans', () => {
  it('are returned as they were recorded, newest first', async () => {
    const { store } = await newStore()
    const first = await store.syncPlans.record(plan({ state: 'FAILED', reason: 'It is down.' }))
    const second = await store.syncPlans.record(plan({ state: 'DRY_RUN' }))
    expect(first).toEqual({
      id: first.id,
      changeSetId: null,
      ...plan({ state: 'FAILED', reason: 'It is down.' }),
    })
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

  it('are alike from the first one on with whose changes no others of the source waited meanwhile', async () => {
    const { store } = await newStore()
    const add = (fields: Partial<NewSyncPlan>) =>
      store.syncPlans.record(plan({ state: 'AWAITING_APPROVAL', ...fields }))
    await add({})
    await add({ state: 'APPLIED', digest: 'none' })
    const first = await add({ plannedAt: 5_000 })
    await add({ state: 'FAILED', digest: '' })
    await add({ state: 'DRY_RUN', digest: 'none' })
    await add({ source: 'other', digest: 'none' })
    const again = await add({ plannedAt: 6_000 })
    await add({ digest: 'later' })
    const expected = { id: first.id, plannedAt: 5_000 }
    expect(await store.syncPlans.firstAlike(again)).toEqual(expected)
    expect(await store.syncPlans.firstAlike(first)).toEqual(expected)
  })

  it('expire when their source has a newer one, and not before', async () => {
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

  it('are rejected once, if they await approval', async () => {
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
  it('records the plan with its changes', async () => {
    const { store } = await newStore()
    const { plan: row, changedDeviceIds } = await applyPlannedSync(
      store,
      plannedSync({
        diff: { ...NOTHING, created: [record('France/Paris/r1')] },
      }),
    )
    expect(row).toMatchObject({ created: 1, updated: 0, unchanged: 0, state: 'APPLIED', plannedAt: 2_000 })
    expect(changedDeviceIds).toHaveLength(1)
    expect(await states(store)).toEqual(['global APPLIED'])
  })

  it('adds the applied changes to the counts of the plan', async () => {
    const { store } = await newStore()
    const { plan: row } = await applyPlannedSync(
      store,
      plannedSync({
        diff: { ...NOTHING, created: [record('France/Paris/r1')] },
        plan: { created: 5, updated: 6, unchanged: 7 },
      }),
    )
    expect(row).toMatchObject({ created: 6, updated: 6, unchanged: 7 })
  })

  it('lists the records that cannot be used with those in conflict, in the order of the source', async () => {
    const { store } = await newStore()
    await sync(store, [record('France/Paris/r1')], { source: 'other' })
    const held = record('France/Paris/r1')
    const inventory: Inventory = {
      records: [record('France/Paris/r0'), held],
      rejected: [
        { position: 1, record: '{"name":""}', reason: 'It has no name.', identity: null, key: null },
        { position: 4, record: '{}', reason: 'It is empty.', identity: null, key: null },
      ],
    }
    const { plan: row } = await applyPlannedSync(
      store,
      plannedSync({
        diff: { ...NOTHING, created: inventory.records },
        inventory,
      }),
    )
    expect(row.created).toBe(1)
    expect(row.rejected).toMatchObject([
      { position: 1, reason: 'It has no name.' },
      { position: 3, reason: 'The name r1 is held at site Paris of France by a device of source other.' },
      { position: 4, reason: 'It is empty.' },
    ])
  })

  it('keeps neither plan nor changes if the plan cannot be stored', async () => {
    const { store } = await newStore()
    const diff = { ...NOTHING, created: [record('France/Paris/r1')] }
    await expect(applyPlannedSync(store, plannedSync({ diff, decides: 17 }))).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    expect(await store.devices.count()).toBe(0)
    expect(await store.changes.count()).toBe(0)
    expect(await states(store)).toEqual([])
  })

  it('keeps neither plan nor changes after its signal has aborted', async () => {
    const { store } = await newStore()
    const diff = { ...NOTHING, created: [record('France/Paris/r1')] }
    const abort = new AbortController()
    const syncing = store.inventory.sync(
      plannedSync({ diff }),
      await store.inventory.snapshot(),
      abort.signal,
    )
    abort.abort(new Error('stop'))
    await expect(syncing).rejects.toThrow('stop')
    expect(await store.devices.count()).toBe(0)
    expect(await states(store)).toEqual([])
  })

  it('records what a dry run would change, and changes nothing', async () => {
    const { store } = await newStore()
    await sync(store, [record('France/Paris/r1')])
    const before = { known: await store.inventory.known(), changes: await store.changes.count() }
    const { plan: row, changedDeviceIds } = await applyPlannedSync(
      store,
      plannedSync({
        diff: {
          ...NOTHING,
          created: [record('Chad/Sarh/x')],
          decommissioned: before.known.map((device) => ({ id: device.id, record: device })),
        },
        dryRun: true,
        plan: { state: 'DRY_RUN', decommissioned: 1 },
      }),
    )
    expect(row).toMatchObject({ state: 'DRY_RUN', created: 1, decommissioned: 1 })
    expect(changedDeviceIds).toEqual([])
    expect({ known: await store.inventory.known(), changes: await store.changes.count() }).toEqual(before)
    expect(await store.inventory.countryByName('Chad')).toBeNull()
  })

  it('changes nothing if the known devices have changed since the snapshot', async () => {
    const { store } = await newStore()
    const snapshot = await store.inventory.snapshot()
    await sync(store, [record('France/Paris/r1')], { source: 'other' })
    const diff = { ...NOTHING, created: [record('France/Paris/r2')] }
    expect(
      await store.inventory.sync(plannedSync({ diff }), snapshot, new AbortController().signal),
    ).toBeNull()
    expect(await states(store)).toEqual([])
    expect((await store.inventory.snapshot()).devices.map(({ name }) => name)).toEqual(['r1'])
  })
})
