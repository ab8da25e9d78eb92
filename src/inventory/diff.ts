import { identityKey } from './identity.ts'
import { plainText } from './plain-text.ts'
import { type DeviceLifecycle, type Inventory, type InventoryRecord, RECORD_FIELDS } from './record.ts'

/** A device as the store has it: what was last said of it, under the store's id. */
export interface KnownDevice extends InventoryRecord {
  id: number
  lifecycle: DeviceLifecycle
  /** Name of the source that last listed it. */
  source: string
  /** Who decommissioned it by hand; null where a source did, and while it is active. */
  decommissionedBy: string | null
}

export interface FieldChange {
  field: (typeof RECORD_FIELDS)[number] | 'source'
  before: string | null
  after: string | null
}

/** A known device and the record that now stands for it. */
interface DeviceChange {
  id: number
  record: InventoryRecord
  changes: FieldChange[]
}

/** What turns the known devices into what one source says now. */
export interface InventoryDiff {
  /** Devices never seen before, in the order of the records. */
  created: InventoryRecord[]
  /** Active devices of which the source now says something else; `changes` is never empty. */
  updated: DeviceChange[]
  /** Decommissioned devices that the source lists again; `changes` may be empty. */
  restored: DeviceChange[]
  /** Active devices of the source that it no longer lists. */
  decommissioned: { id: number; record: KnownDevice }[]
  /** Ids of the active devices of which the source says what is known, or nothing that could be used. */
  unchanged: number[]
}

/**
 * Compares the devices that a source may claim, decommissioned ones included, with the records it gives now. A device is
 * the same where the key is, among those of this source, else where country, site and name are; without a key, one that
 * changed any of these is decommissioned there and created here. Of other sources' devices only those that are listed
 * count. Neither side holds a key or an identity twice. A device whose record was rejected is still listed: it stays as
 * it is.
 */
export function diffInventory(
  known: readonly KnownDevice[],
  { records, rejected }: Inventory,
  source: string,
): InventoryDiff {
  const diff: InventoryDiff = { created: [], updated: [], restored: [], decommissioned: [], unchanged: [] }
  const unlisted = new Unlisted(known, source)
  const byKey = records.map(({ key }) => (key === null ? undefined : unlisted.takeByKey(key)))
  for (const [index, record] of records.entries()) {
    // Whatever still has its key must not be taken by its name.
    const device = byKey[index] ?? unlisted.takeByIdentity(identityKey(record))
    if (!device) {
      diff.created.push(record)
      continue
    }
    const { id, lifecycle } = device
    const changes = changesBetween(device, record, source)
    if (lifecycle === 'DECOMMISSIONED') diff.restored.push({ id, record, changes })
    else if (changes.length > 0) diff.updated.push({ id, record, changes })
    else diff.unchanged.push(id)
  }
  for (const { identity, key } of rejected) {
    const device = unlisted.takeOwnActive(key, identity && identityKey(identity))
    if (device) diff.unchanged.push(device.id)
  }
  for (const device of unlisted.left()) {
    if (device.source !== source || device.lifecycle !== 'ACTIVE') continue
    diff.decommissioned.push({ id: device.id, record: device })
  }
  return diff
}

/** The known devices of which no record has been found yet; lean, for there may be a million of them. */
class Unlisted {
  readonly #known: readonly KnownDevice[]
  readonly #source: string
  /** By index: 1 where the device was taken. */
  readonly #taken: Uint8Array
  readonly #byKey = new Map<string, number>()
  #byIdentity: Map<string, number> | undefined

  constructor(known: readonly KnownDevice[], source: string) {
    this.#known = known
    this.#source = source
    this.#taken = new Uint8Array(known.length)
    for (const [index, device] of known.entries()) {
      if (device.key !== null && device.source === source) this.#byKey.set(device.key, index)
    }
  }

  *left(): Generator<KnownDevice> {
    for (const [index, device] of this.#known.entries()) if (!this.#taken[index]) yield device
  }

  takeByKey(key: string): KnownDevice | undefined {
    return this.#take(this.#byKey.get(key))
  }

  takeByIdentity(identity: string): KnownDevice | undefined {
    return this.#take(this.#indexOfIdentity(identity))
  }

  /** By the key, or else by the identity. */
  takeOwnActive(key: string | null, identity: string | null): KnownDevice | undefined {
    const byKey = key === null ? undefined : this.#byKey.get(key)
    return (
      this.#takeWhereOwnActive(byKey) ??
      (identity === null ? undefined : this.#takeWhereOwnActive(this.#indexOfIdentity(identity)))
    )
  }

  #takeWhereOwnActive(index: number | undefined): KnownDevice | undefined {
    const device = this.#known[index ?? -1]
    return device?.source === this.#source && device.lifecycle === 'ACTIVE' ? this.#take(index) : undefined
  }

  /** Of those that were not taken by their keys before it is first asked for. */
  #indexOfIdentity(identity: string): number | undefined {
    if (this.#byIdentity === undefined) {
      this.#byIdentity = new Map()
      for (const [index, device] of this.#known.entries()) {
        if (!this.#taken[index]) this.#byIdentity.set(identityKey(device), index)
      }
    }
    return this.#byIdentity.get(identity)
  }

  /** The device unless it was taken before. */
  #take(index: number | undefined): KnownDevice | undefined {
    if (index === undefined || this.#taken[index]) return undefined
    this.#taken[index] = 1
    return this.#known[index]
  }
}

/** What the record changes of the device where `source` is who says so. */
export function changesBetween(before: KnownDevice, after: InventoryRecord, source: string): FieldChange[] {
  const changes: FieldChange[] = []
  for (const field of RECORD_FIELDS) {
    if (before[field] === after[field]) continue
    changes.push({ field, before: textOf(before[field]), after: textOf(after[field]) })
  }
  if (before.source !== source) changes.push({ field: 'source', before: before.source, after: source })
  return changes
}

/** The devices that change their site or country. */
export function movesOf({ updated }: Pick<InventoryDiff, 'updated'>): InventoryDiff['updated'] {
  return updated.filter(isMove)
}

/** Whether the device changes its site or country, and not only how the name of one is written. */
function isMove({ changes }: { changes: readonly FieldChange[] }): boolean {
  return changes.some(
    ({ field, before, after }) =>
      (field === 'site' || field === 'country') && plainText(before ?? '') !== plainText(after ?? ''),
  )
}

function textOf(value: string | number | null): string | null {
  return value === null ? null : String(value)
}
