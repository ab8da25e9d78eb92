import { checkRecord, type RecordRules, type SeenRecords } from './check-record.ts'
import type { Inventory, InventoryRecord } from './record.ts'

/** Checks all records of one source; a record's position is its 1-based place among them. */
export function checkInventory(rawRecords: Iterable<unknown>, rules: RecordRules): Inventory {
  const seen: SeenRecords = { identities: new Map(), endpoints: new Map() }
  const inventory: Inventory = { records: [], rejected: [] }
  let position = 0
  for (const raw of rawRecords) {
    position += 1
    const checked = checkRecord(raw, position, rules, seen)
    if ('record' in checked) inventory.records.push(checked.record)
    else inventory.rejected.push(checked.rejected)
  }
  agreeOnRegions(inventory.records)
  return inventory
}

/**
 * A region belongs to a country: the first record that names one speaks for the others of the country. Otherwise
 * records that disagree would differ from what is known at every sync.
 */
function agreeOnRegions(records: InventoryRecord[]): void {
  const regions = new Map<string, string>()
  for (const { country, region } of records) {
    if (region !== null && !regions.has(country)) regions.set(country, region)
  }
  for (const record of records) record.region = regions.get(record.country) ?? null
}
