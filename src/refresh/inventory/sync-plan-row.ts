import { movesOf } from '../../inventory/diff.ts'
import { digestOf, type Judgement } from '../../inventory/judge-plan.ts'
import type { InventoryPlan } from '../../inventory/plan.ts'
import type { Inventory } from '../../inventory/record.ts'
import type { PlannedSync } from '../../store/inventory/inventory-sync.ts'
import { type NewSyncPlan, rejectedRows } from '../../store/inventory/sync-plan-store.ts'

/** The plan of a sync for the store, which adds the counts of what it applies. */
export function planRow(
  source: string,
  { diff, warnings }: InventoryPlan,
  { awaits, holdsMoves }: Judgement,
  fate: Pick<NewSyncPlan, 'state' | 'plannedAt'>,
): PlannedSync['plan'] {
  const moved = movesOf(diff).length
  return {
    source,
    created: 0,
    updated: 0,
    decommissioned: diff.decommissioned.length,
    moved,
    // Devices whose moves await approval are applied as unchanged ones, and are not counted among them.
    unchanged: holdsMoves ? -moved : 0,
    warnings,
    reason: awaits,
    digest: digestOf(diff, { holdsMoves }),
    decidedAt: null,
    decidedBy: null,
    ...fate,
  }
}

/** Returns the row for a failed sync. If the source delivered records, none of them was usable. */
export function failedPlan(
  source: string,
  {
    reason,
    at,
    inventory = { records: [], rejected: [] },
  }: { reason: string; at: number; inventory?: Inventory },
): NewSyncPlan {
  return {
    source,
    state: 'FAILED',
    reason,
    created: 0,
    updated: 0,
    decommissioned: 0,
    moved: 0,
    unchanged: 0,
    rejected: rejectedRows(inventory),
    warnings: [],
    digest: '',
    plannedAt: at,
    decidedAt: null,
    decidedBy: null,
  }
}
