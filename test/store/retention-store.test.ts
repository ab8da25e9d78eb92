import { sql } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ProbeReport } from '../../src/netconf/report/probe-report.ts'
import type { RefreshState } from '../../src/store/refresh-store.ts'
import { NOTHING_PRUNED, type PrunedRows } from '../../src/store/retention-store.ts'
import type { Store } from '../../src/store/store.ts'
import type { Database, SyncPlanState } from '../../src/store/tables/database.ts'
import {
  EVERYTHING,
  FIRST_TRY,
  idsByName,
  newStore,
  probeCount,
  probePage,
  record,
  report,
  sync,
} from './support/fixture.ts'
import { applyPlannedSync, NO_CHANGES, plannedSync } from './support/planned-sync.ts'
import { otherConnection } from './support/test-database.ts'

const NAMES = ['a', 'b', 'c']

/** Three devices, and refreshes that are asked for, probe and end at the times that are given. */
async function fleet() {
  const { store, database } = await newStore()
  await sync(
    store,
    NAMES.map((name) => record(`France/Paris/${name}`)),
    { at: 0 },
  )
  const ids = await idsByName(store)
  const db = otherConnection(database)
  onTestFinished(() => db.destroy())
  const count = async (table: keyof Database) => {
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(
      db,
    )
    return rows[0]?.count
  }
  const probe = async (
    names: readonly string[],
    at: number,
    fields: Partial<ProbeReport> = {},
    refreshId: number | null = null,
  ) => {
    const results = names.map((name) => ({ refreshId, deviceId: ids[name] ?? 0, ...FIRST_TRY }))
    await store.probes.commitBatch(
      results.map((result) => ({ ...result, report: report({ startedAt: at, durationMs: 0, ...fields }) })),
    )
  }
  /** Of all devices, of which those that are named have a result. */
  const refresh = async (
    at: number,
    { names = NAMES, state = 'COMPLETED', cycle = false }: Partial<RefreshPlan> = {},
  ) => {
    const scope = cycle ? EVERYTHING : { ...EVERYTHING, deviceIds: Object.values(ids) }
    const asked = { trigger: 'CLI', requestedBy: null, sync: cycle, force: true, at } as const
    const { id } = await store.refreshes.create({ ...asked, scope })
    await store.refreshes.addTargets(id, { scope, probedBefore: null })
    if (names.length > 0) await probe(names, at, {}, id)
    await store.refreshes.update(id, { state, finishedAt: state === 'INTERRUPTED' ? null : at })
    return id
  }
  const probesOf = async (name: string) => {
    const { items } = await probePage(store, { deviceId: ids[name] ?? 0, page: { first: 100 } })
    return items.map(({ startedAt }) => startedAt)
  }
  return { store, ids, count, probe, refresh, probesOf }
}

interface RefreshPlan {
  /** The devices that have a result. */
  names: readonly string[]
  state: RefreshState
  cycle: boolean
}

async function prune(
  store: Store,
  { probesBefore = 0, changesBefore = 0, limit = 100 },
): Promise<PrunedRows & { batches: number }> {
  const sum = { ...NOTHING_PRUNED, batches: 0 }
  for await (const batch of store.retention.prune({ probesBefore, changesBefore, limit })) {
    sum.batches += 1
    for (const [name, count] of Object.entries(batch)) sum[name as keyof PrunedRows] += count
  }
  return sum
}

describe('probes', () => {
  it('that began before the limit are deleted, and no newer one', async () => {
    const { store, probe, probesOf } = await fleet()
    for (const at of [1_000, 1_999, 2_000, 3_000]) await probe(['a', 'b'], at)
    expect(await prune(store, { probesBefore: 2_000 })).toMatchObject({ probes: 4, refreshes: 0 })
    expect(await probesOf('a')).toEqual([3_000, 2_000])
    expect(await probesOf('b')).toEqual([3_000, 2_000])
    expect(await prune(store, { probesBefore: 2_000 })).toMatchObject({ probes: 0 })
  })

  it.each([1, 2, 3, 100])(
    'are all deleted, except for those that must be kept: %i at a time',
    async (limit) => {
      const { store, probe, probesOf } = await fleet()
      // The last verdict on `a`, and nothing newer but words that say nothing of it.
      await probe(['a'], 1_000)
      await probe(['a'], 1_500, { outcome: 'CANCELLED' })
      for (const at of [2_000, 3_000, 4_000]) await probe(['b', 'c'], at)
      const { probes, batches } = await prune(store, { probesBefore: 4_000, limit })
      expect(probes).toBe(5)
      expect(batches).toBeGreaterThanOrEqual(6 / limit)
      expect(await probesOf('a')).toEqual([1_000])
      expect(await probesOf('b')).toEqual([4_000])
      const [device] = await store.devices.byIds([(await idsByName(store)).a ?? 0])
      expect(await store.probes.byIds([device?.lastProbeId ?? 0])).toMatchObject([{ startedAt: 1_000 }])
    },
  )

  it('of a refresh that has not ended are kept, so that it continues with the rest', async () => {
    const { store, count, probe, refresh } = await fleet()
    const id = await refresh(1_000, { names: ['a', 'b'], state: 'INTERRUPTED' })
    await probe(NAMES, 5_000)
    expect(await prune(store, { probesBefore: 4_000 })).toMatchObject({ probes: 0, refreshes: 0 })
    expect((await store.refreshes.pendingTargets(id)).map(({ name }) => name)).toEqual(['c'])

    await store.refreshes.update(id, { state: 'CANCELLED', finishedAt: 5_000 })
    await refresh(5_000)
    expect(await prune(store, { probesBefore: 4_000 })).toMatchObject({ probes: 2, refreshes: 1 })
    expect(await count('refresh_targets')).toBe(3)
  })

  it('have ids that are never used again', async () => {
    const { store, probe, ids } = await fleet()
    await probe(['a'], 1_000)
    await probe(['b'], 2_000, { outcome: 'SKIPPED' })
    const before = (await probePage(store, { deviceId: ids.b ?? 0, page: { first: 1 } })).items[0]
    await prune(store, { probesBefore: 9_000 })
    await probe(['c'], 3_000)
    const after = (await probePage(store, { deviceId: ids.c ?? 0, page: { first: 1 } })).items[0]
    expect(after?.id).toBeGreaterThan(before?.id ?? Number.NaN)
  })
})

describe('refreshes', () => {
  it('are deleted with the last of their probes; targets are deleted with each probe', async () => {
    const { store, count, refresh } = await fleet()
    const [first, second, third] = [await refresh(1_000), await refresh(2_000), await refresh(3_000)]
    await prune(store, { probesBefore: 2_000 })
    expect((await store.refreshes.byIds([first, second, third])).map(({ id }) => id)).toEqual([second, third])
    expect(await Promise.all([count('probes'), count('refresh_targets'), count('refreshes')])).toEqual([
      6, 6, 2,
    ])
  })

  it('are kept as long as a retry of them, and deleted with it', async () => {
    const { store, probe, refresh } = await fleet()
    const retryOf = await refresh(1_000)
    const asked = {
      trigger: 'MUTATION',
      requestedBy: null,
      scope: EVERYTHING,
      sync: false,
      force: true,
    } as const
    const { id } = await store.refreshes.create({ ...asked, at: 5_000, retryOf })
    await store.refreshes.update(id, { state: 'CANCELLED', finishedAt: 5_000 })
    await refresh(9_000)
    await probe(NAMES, 9_000)
    expect(await prune(store, { probesBefore: 2_000 })).toMatchObject({ probes: 3, refreshes: 0 })
    expect(await prune(store, { probesBefore: 6_000 })).toMatchObject({ probes: 0, refreshes: 2 })
  })

  it('are kept as long as a device has its last probe from them', async () => {
    const { store, count, refresh } = await fleet()
    const first = await refresh(1_000)
    await refresh(2_000, { names: ['b'] })
    await refresh(3_000, { names: ['b', 'c'] })
    expect(await prune(store, { probesBefore: 9_000 })).toMatchObject({ probes: 3, refreshes: 1 })
    expect(await probeCount(store, { refreshId: first })).toBe(1)
    // Of the first refresh that of `a`, of the last also that without a result.
    expect(await Promise.all([count('probes'), count('refresh_targets'), count('refreshes')])).toEqual([
      3, 4, 2,
    ])
  })

  it.each([1, 2, 100])('are deleted with targets that have no result, %i at a time', async (limit) => {
    const { store, count, refresh } = await fleet()
    await refresh(1_000, { names: [], state: 'FAILED' })
    await refresh(2_000)
    expect(await prune(store, { probesBefore: 2_000, limit })).toMatchObject({ probes: 0, refreshes: 1 })
    expect(await Promise.all([count('refresh_targets'), count('refreshes')])).toEqual([3, 1])
  })

  it('are kept if they have not ended, or are the newest, whose id would be used again', async () => {
    const { store, refresh } = await fleet()
    const interrupted = await refresh(1_000, { names: [], state: 'INTERRUPTED' })
    await refresh(1_000, { names: [], state: 'FAILED' })
    const newest = await refresh(1_000, { names: [], state: 'FAILED' })
    expect(await prune(store, { probesBefore: 2_000 })).toMatchObject({ refreshes: 1 })
    const { items } = await store.refreshes.page({ page: { first: 10 } })
    expect(items.map(({ id }) => id)).toEqual([newest, interrupted])
  })

  it('are kept if they are the last cycle, or the last completed one', async () => {
    const { store, refresh } = await fleet()
    await refresh(1_000, { cycle: true })
    const completedCycle = await refresh(2_000, { cycle: true })
    const cycle = await refresh(3_000, { cycle: true, state: 'FAILED' })
    await refresh(4_000)
    const completed = await refresh(5_000)
    const newest = await refresh(6_000, { state: 'CANCELLED' })
    expect(await prune(store, { probesBefore: 9_000 })).toMatchObject({ refreshes: 2 })
    const { items } = await store.refreshes.page({ page: { first: 10 } })
    expect(items.map(({ id }) => id)).toEqual([newest, completed, cycle, completedCycle])
    expect((await store.refreshes.lastCycle())?.id).toBe(cycle)
    expect((await store.refreshes.lastCycle('COMPLETED'))?.id).toBe(completedCycle)
    expect((await store.refreshes.lastCompleted())?.id).toBe(completed)
  })
})

describe('capability sets', () => {
  it('are deleted with the last probe and device that had them, and can be stored again', async () => {
    const { store, count, probe, ids } = await fleet()
    await probe(['a', 'b'], 1_000, { capabilities: ['urn:old'] })
    await probe(['c'], 1_000, { capabilities: ['urn:c'] })
    await probe(['a'], 2_000, { capabilities: ['urn:new', 'urn:old'] })
    // What `b` says is what it said, though the probe that found it is gone.
    await probe(['b', 'c'], 3_000, { outcome: 'TIMEOUT' })
    expect(await prune(store, { probesBefore: 2_000 })).toMatchObject({ probes: 3, capabilitySets: 0 })

    await probe(['b'], 4_000, { capabilities: ['urn:new', 'urn:old'] })
    expect(await prune(store, { probesBefore: 2_000, limit: 1 })).toMatchObject({ capabilitySets: 1 })
    expect(await Promise.all([count('capability_sets'), count('capability_set_members')])).toEqual([2, 3])

    await probe(['a'], 5_000, { capabilities: ['urn:old'] })
    const [device] = await store.devices.byIds([ids.a ?? 0])
    expect(await store.capabilities.byIds([device?.capabilitySetId ?? 0])).toMatchObject([
      { uris: ['urn:old'] },
    ])
    expect(await count('capability_set_members')).toBe(4)
  })

  it('are deleted in steps; a result in between gets a whole set of its own', async () => {
    const { store, count, probe } = await fleet()
    const uris = ['urn:1', 'urn:2', 'urn:3', 'urn:4', 'urn:5']
    await probe(['a'], 1_000, { capabilities: uris })
    await probe(['a'], 3_000, { capabilities: ['urn:new'] })
    await probe(['b'], 3_000, { capabilities: ['urn:new'] })
    const counts: unknown[] = []
    for await (const { capabilitySets } of store.retention.prune({
      probesBefore: 2_000,
      changesBefore: 0,
      limit: 2,
    })) {
      const members = await count('capability_set_members')
      if (members !== counts.at(-1)) counts.push(members)
      // Of the old set, three of five are left.
      if (members === 4) await probe(['c'], 4_000, { capabilities: uris })
      if (capabilitySets > 0) counts.push('deleted')
    }
    expect(counts).toEqual([6, 4, 7, 6, 'deleted', 6])
    const [device] = await store.devices.byIds([(await idsByName(store)).c ?? 0])
    expect(await store.capabilities.byIds([device?.capabilitySetId ?? 0])).toMatchObject([{ uris }])
    expect(await store.devices.count({ hasCapability: { uri: { eq: 'urn:5' } } })).toBe(1)
  })
})

describe('the change log and the sync plans', () => {
  it.each([1, 100])('are deleted beyond their own limit, %i at a time', async (limit) => {
    const { store, probe } = await fleet()
    for (const at of [1_000, 2_000, 3_000, 4_000]) {
      await probe(NAMES, at, { capabilities: [`urn:of:${at}`] })
    }
    expect(await store.changes.count()).toBe(12)
    expect(await prune(store, { changesBefore: 3_000, limit })).toMatchObject({ probes: 0, changes: 6 })
    const { items } = await store.changes.page({ page: { first: 10 } })
    expect(items.map(({ at }) => at)).toEqual([4_000, 4_000, 4_000, 3_000, 3_000, 3_000])
  })

  it.each([1, 100])('are kept for plans that await approval, %i at a time', async (limit) => {
    const { store } = await fleet()
    const plan = async (state: SyncPlanState, plannedAt: number) => {
      const decided = {
        reason: null,
        moved: 0,
        rejected: [],
        warnings: [],
        digest: '',
        decidedAt: null,
        decidedBy: null,
      }
      const counts = { created: 0, updated: 0, decommissioned: 0, unchanged: 0 }
      return (await store.syncPlans.record({ source: state, state, plannedAt, ...decided, ...counts })).id
    }
    const waiting = await plan('AWAITING_APPROVAL', 1_000)
    for (const at of [1_000, 2_000, 2_999]) await plan('APPLIED', at)
    const recent = await plan('FAILED', 3_000)
    expect(await prune(store, { changesBefore: 3_000, limit })).toMatchObject({ syncPlans: 3 })
    const { items } = await store.syncPlans.page({ page: { first: 10 } })
    expect(items.map(({ id }) => id)).toEqual([recent, waiting])
  })

  it.each([2, 100])('are deleted with the changes of deleted plans, %i at a time', async (limit) => {
    const { store, count } = await fleet()
    const dryRun = async (names: string[], plannedAt: number) => {
      const held = { ...NO_CHANGES, created: names.map((name) => record(`Chad/Sarh/${name}`)) }
      const plan = { state: 'DRY_RUN', plannedAt } as const
      await applyPlannedSync(store, plannedSync({ held, dryRun: true, plan }))
    }
    await dryRun(['x1', 'x2', 'x3'], 1_000)
    await dryRun(['x1', 'x2'], 1_000)
    await dryRun(['x1', 'x2'], 3_000)
    expect(await Promise.all([count('planned_change_sets'), count('planned_changes')])).toEqual([2, 5])
    expect(await prune(store, { changesBefore: 3_000, limit })).toMatchObject({
      syncPlans: 2,
      plannedChanges: 3,
    })
    expect(await Promise.all([count('planned_change_sets'), count('planned_changes')])).toEqual([1, 2])
    expect(await prune(store, { changesBefore: 4_000, limit })).toMatchObject({ plannedChanges: 2 })
    expect(await Promise.all([count('planned_change_sets'), count('planned_changes')])).toEqual([0, 0])
  })
})
