import type { AppliedSync, PlannedSync } from '../../../src/store/inventory/inventory-sync.ts'
import type { NewSyncPlan } from '../../../src/store/inventory/sync-plan-store.ts'
import type { Store } from '../../../src/store/store.ts'

export const NO_CHANGES = { created: [], updated: [], restored: [], decommissioned: [] }
const SIGNAL = new AbortController().signal

type PlanDraft = Partial<Omit<NewSyncPlan, 'rejected'>>

/** A sync that changes nothing, and whose plan counts nothing but what is applied. */
export function plannedSync({
  plan,
  ...fields
}: Partial<Omit<PlannedSync, 'plan'>> & { plan?: PlanDraft } = {}): PlannedSync {
  return {
    diff: { ...NO_CHANGES, unchanged: [] },
    held: NO_CHANGES,
    source: 'global',
    at: 2_000,
    actor: 'source:global',
    decommission: { by: null, note: [] },
    dryRun: false,
    plan: {
      source: 'global',
      state: 'APPLIED',
      reason: null,
      created: 0,
      updated: 0,
      decommissioned: 0,
      moved: 0,
      unchanged: 0,
      warnings: [],
      digest: 'abc',
      plannedAt: 2_000,
      decidedAt: null,
      decidedBy: null,
      ...plan,
    },
    inventory: { records: [], rejected: [] },
    decides: null,
    ...fields,
  }
}

/** Applies a sync that was planned from what is known now. */
export async function applyPlannedSync(store: Store, planned: PlannedSync): Promise<AppliedSync> {
  const result = await store.inventory.sync(planned, await store.inventory.snapshot(), SIGNAL)
  if (result === null) throw new Error('The snapshot is stale.')
  return result
}
