import type { Inventory, InventoryRecord } from './record.ts'

/** The records with their 1-based places in the source: they stand in its order, without those that were rejected. */
export function* numberedRecords({ records, rejected }: Inventory): Generator<[number, InventoryRecord]> {
  const unusable = new Set(rejected.map(({ position }) => position))
  let position = 0
  for (const record of records) {
    do position += 1
    while (unusable.has(position))
    yield [position, record]
  }
}
