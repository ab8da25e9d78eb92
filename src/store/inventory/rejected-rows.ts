import { shown } from '../../inventory/check-record.ts'
import { numberedRecords } from '../../inventory/positions.ts'
import type { Inventory } from '../../inventory/record.ts'
import type { RecordConflict } from './inventory-apply.ts'
import type { RejectedRow } from './sync-plan-writer.ts'

/** A limit: if every record of a large source is bad, each sync would add all of them to the database. */
const MAX_KEPT = 1_000

/**
 * Returns the records that cannot be used, and those that conflict with stored devices, in the source's
 * order.
 */
export function rejectedRows(inventory: Inventory, conflicts: readonly RecordConflict[] = []): RejectedRow[] {
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
  const further = rows[MAX_KEPT]
  if (further === undefined) return rows
  const reason = `From here on ${rows.length - MAX_KEPT} more records could not be used; correct those above first.`
  return [...rows.slice(0, MAX_KEPT), { ...further, reason }]
}
