import { identityKey } from './identity.ts'
import type { DeviceLifecycle, Inventory, InventoryRecord } from './record.ts'

/** A device as the store has it: what its source last said of it, under the store's id. */
export interface KnownDevice extends InventoryRecord {
  id: number
  lifecycle: DeviceLifecycle
}

/** The fields that can change while a device stays the same device. */
const CHANGEABLE_FIELDS = ['address', 'port', 'region', 'platform', 'credential'] as const

interface FieldChange {
  field: (typeof CHANGEABLE_FIELDS)[number]
  before: string | null
  after: string | null
}

/** A known device and the record that now stands for it. */
interface DeviceChange {
  id: number
  record: InventoryRecord
  changes: FieldChange[]
}

/** What turns the known devices of one source into what the source says now. */
export interface InventoryDiff {
  /** Devices never seen before, in the order of the records. */
  created: InventoryRecord[]
  /** Active devices of which the source now says something else; `changes` is never empty. */
  updated: DeviceChange[]
  /** Decommissioned devices that the source lists again; `changes` may be empty. */
  restored: DeviceChange[]
  /** Active devices that the source no longer lists. */
  decommissioned: { id: number; record: KnownDevice }[]
  /** Ids of the active devices of which the source says what is known, or nothing that could be used. */
  unchanged: number[]
}

/**
 * Compares the devices known from a source, decommissioned ones included, with the records it gives now. A device
 * is the same where country, site and name are; one that changed any of them is decommissioned there and created
 * here. Neither side holds an identity twice. A device whose record was rejected is still listed: it stays as it is.
 */
export function diffInventory(
  known: readonly KnownDevice[],
  { records, rejected }: Inventory,
): InventoryDiff {
  const diff: InventoryDiff = { created: [], updated: [], restored: [], decommissioned: [], unchanged: [] }
  const unlisted = new Map(known.map((device) => [identityKey(device), device]))
  for (const record of records) {
    const key = identityKey(record)
    const device = unlisted.get(key)
    unlisted.delete(key)
    if (!device) {
      diff.created.push(record)
      continue
    }
    const { id, lifecycle } = device
    const changes = changesBetween(device, record)
    if (lifecycle === 'DECOMMISSIONED') diff.restored.push({ id, record, changes })
    else if (changes.length > 0) diff.updated.push({ id, record, changes })
    else diff.unchanged.push(id)
  }
  for (const { identity } of rejected) {
    const key = identity && identityKey(identity)
    const device = key === null ? undefined : unlisted.get(key)
    if (key === null || device?.lifecycle !== 'ACTIVE') continue
    unlisted.delete(key)
    diff.unchanged.push(device.id)
  }
  for (const device of unlisted.values()) {
    if (device.lifecycle === 'ACTIVE') diff.decommissioned.push({ id: device.id, record: device })
  }
  return diff
}

function changesBetween(before: InventoryRecord, after: InventoryRecord): FieldChange[] {
  const changes: FieldChange[] = []
  for (const field of CHANGEABLE_FIELDS) {
    if (before[field] === after[field]) continue
    changes.push({ field, before: textOf(before[field]), after: textOf(after[field]) })
  }
  return changes
}

function textOf(value: string | number | null): string | null {
  return value === null ? null : String(value)
}
