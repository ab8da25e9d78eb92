import { shown } from '../inventory/check-record.ts'
import { digestOf, type InventoryPlan } from '../inventory/plan.ts'
import { numberedRecords } from '../inventory/positions.ts'
import type { Inventory } from '../inventory/record.ts'
import type { ApplyResult } from '../store/inventory-apply.ts'
import type { NewSyncPlan, RejectedRow } from '../store/sync-plan-store.ts'

/** A source of which every record is bad would fill the database with them, sync by sync. */
const KEPT_REJECTIONS = 1_000

type Fate = Pick<NewSyncPlan, 'state' | 'reason' | 'plannedAt'> &
  Partial<Pick<NewSyncPlan, 'decidedAt' | 'decidedBy'>>

/** A plan for the store: what it came to, and what became of it. */
export function planRow(
  source: string,
  { diff, inventory }: InventoryPlan,
  applied: ApplyResult,
  fate: Fate,
): NewSyncPlan {
  return {
    source,
    created: applied.created,
    updated: applied.updated + applied.restored,
    decommissioned: diff.decommissioned.length,
    unchanged: applied.unchanged,
    rejected: rejectedRows(inventory, applied),
    digest: digestOf(diff),
    decidedAt: null,
    decidedBy: null,
    ...fate,
  }
}

/** A plan that could not be made. */
export function failedPlan(source: string, reason: string, at: number): NewSyncPlan {
  const nothing = { created: 0, updated: 0, decommissioned: 0, unchanged: 0, rejected: [], digest: '' }
  return { source, state: 'FAILED', reason, ...nothing, plannedAt: at, decidedAt: null, decidedBy: null }
}

/** The records that cannot be used, and those that could but for what the store has, in the source's order. */
function rejectedRows(inventory: Inventory, { conflicts }: ApplyResult): RejectedRow[] {
  const rows: RejectedRow[] = inventory.rejected.map(({ position, record, reason }) => ({
    position,
    record,
    reason,
  }))
  if (conflicts.length > 0) {
    const reasons = new Map(conflicts.map(({ record, reason }) => [record, reason]))
    for (const [position, record] of numberedRecords(inventory)) {
      const reason = reasons.get(record)
      if (reason !== undefined) rows.push({ position, record: shown(record), reason })
    }
    rows.sort((one, other) => one.position - other.position)
  }
  const further = rows[KEPT_REJECTIONS]
  if (further === undefined) return rows
  const reason = `From here on ${rows.length - KEPT_REJECTIONS} more records could not be used; correct those above first.`
  return [...rows.slice(0, KEPT_REJECTIONS), { ...further, reason }]
}
