import type { Inventory, InventoryRecord } from './record.ts'

/**
 * Returns the records in the order of the source, each with its 1-based place there. Rejected ones are left
 * out.
 */
export function* numberedRecords({ records, rejected }: Inventory): Generator<[number, InventoryRecord]> {
  const unusable = new Set(rejected.map(({ position }) => position))
  let position = 0
  for (const record of records) {
    do position += 1
    while (unusable.has(position))
    yield [position, record]
  }
}
