import type { InventoryRecord } from '../../../src/inventory/record.ts'

const DEVICES = 600

/** Two inventories between which every kind of change happens: swapped names, moves, devices that come and go. */
export const TWO_INVENTORIES: readonly [InventoryRecord[], InventoryRecord[]] = [
  Array.from({ length: DEVICES }, (_, index) => recordOf(index, index)),
  Array.from({ length: DEVICES }, (_, index) => {
    // Neighbours swap their names; of every third device another one stands in its place.
    const record = recordOf(index, index ^ 1)
    if (index % 3 === 0) return { ...record, key: `${index + DEVICES}`, name: `${record.name}-new` }
    return index % 5 === 0 ? { ...record, site: 'moved', platform: null } : record
  }),
]

function recordOf(index: number, name: number): InventoryRecord {
  return {
    key: String(index),
    name: `r${name}`,
    address: `10.0.${index >> 8}.${index & 255}`,
    port: 830,
    site: `s${index >> 4}`,
    country: 'France',
    region: null,
    platform: 'junos',
    credential: null,
  }
}
