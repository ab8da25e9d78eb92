import { shown } from '../../inventory/check-record.ts'
import { movesOf } from '../../inventory/diff.ts'
import { digestOf, type Judgement } from '../../inventory/judge-plan.ts'
import type { InventoryPlan } from '../../inventory/plan.ts'
import { numberedRecords } from '../../inventory/positions.ts'
import type { Inventory } from '../../inventory/record.ts'
import type { ApplyResult } from '../../store/inventory/inventory-apply.ts'
import type { NewSyncPlan, RejectedRow } from '../../store/sync-plan-store.ts'

/** A source of which every record is bad would fill the database with them, sync by sync. */
const KEPT_REJECTIONS = 1_000

/** A plan for the store: what it came to, and what became of it. */
export function planRow(
  source: string,
  { diff, inventory, warnings }: InventoryPlan,
  { awaits, holdsMoves }: Judgement,
  applied: ApplyResult,
  fate: Pick<NewSyncPlan, 'state' | 'plannedAt'>,
): NewSyncPlan {
  const moved = movesOf(diff).length
  return {
    source,
    created: applied.created,
    updated: applied.updated + applied.restored,
    decommissioned: diff.decommissioned.length,
    moved,
    // Devices whose moves wait are applied as unchanged.
    unchanged: applied.unchanged - (holdsMoves ? moved : 0),
    rejected: rejectedRows(inventory, applied.conflicts),
    warnings,
    reason: awaits,
    digest: digestOf(diff, { holdsMoves }),
    decidedAt: null,
    decidedBy: null,
    ...fate,
  }
}

/** A plan that could not be made; of a source that gave records, none of them can be used. */
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
    rejected: rejectedRows(inventory, []),
    warnings: [],
    digest: '',
    plannedAt: at,
    decidedAt: null,
    decidedBy: null,
  }
}

/** The records that cannot be used, and those that could but for what the store has, in the source's order. */
function rejectedRows(inventory: Inventory, conflicts: ApplyResult['conflicts']): RejectedRow[] {
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
