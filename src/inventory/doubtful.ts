import { type InventoryDiff, movesOf } from './diff.ts'
import { type Inventory, type InventoryRecord, numberedRecords, type RejectedRecord } from './record.ts'

/**
 * Sets aside the doubtful records that would move a device. If devices would be decommissioned, it also sets
 * aside those that would create one. A record with a value in the wrong field seems to belong to another
 * place or another device.
 *
 * @returns the remaining records, and those that were set aside /
 */
export function withoutDoubtful(
  inventory: Inventory,
  doubts: Inventory['doubts'],
  diff: InventoryDiff,
): { inventory: Inventory; doubtful: RejectedRecord[] } {
  if (!doubts || doubts.size === 0) return { inventory, doubtful: [] }
  const odd = new Set<InventoryRecord>(movesOf(diff).map(({ record }) => record))
  if (diff.decommissioned.length > 0) for (const record of diff.created) odd.add(record)
  const records: InventoryRecord[] = []
  const doubtful: RejectedRecord[] = []
  for (const [position, record] of numberedRecords(inventory)) {
    const reason = doubts.get(position)
    if (reason === undefined || !odd.has(record)) {
      records.push(record)
      continue
    }
    const { key, country, site, name } = record
    doubtful.push({ position, record: '', reason, identity: { country, site, name }, key })
  }
  const rejected = [...inventory.rejected, ...doubtful].sort((one, other) => one.position - other.position)
  return { inventory: { ...inventory, records, rejected }, doubtful }
}
