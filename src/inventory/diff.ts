import { ITEMS_PER_STEP, type Steps } from '../base/turns.ts'
import { identityKey } from './identity.ts'
import { plainText } from './plain-text.ts'
import { type DeviceLifecycle, type Inventory, type InventoryRecord, RECORD_FIELDS } from './record.ts'

/** A device in the store: its last record, with the store's id. */
export interface KnownDevice extends InventoryRecord {
  id: number
  lifecycle: DeviceLifecycle
  /** Name of the source that last listed it. */
  source: string
  /** Who decommissioned it by hand; null if a source did, and while it is active. */
  decommissionedBy: string | null
}

export interface FieldChange {
  field: (typeof RECORD_FIELDS)[number] | 'source'
  before: string | null
  after: string | null
}

/** A known device and its new record. */
interface DeviceChange {
  id: number
  record: InventoryRecord
  changes: FieldChange[]
}

/** The changes that turn the known devices into those that a source lists now. */
export interface InventoryDiff {
  /** New devices, in the order of their records. */
  created: InventoryRecord[]
  /** Active devices whose record changed; `changes` is never empty. */
  updated: DeviceChange[]
  /** Decommissioned devices that the source lists again; `changes` may be empty. */
  restored: DeviceChange[]
  /** Active devices of the source that it no longer lists. */
  decommissioned: { id: number; record: KnownDevice }[]
  /** Ids of the active devices whose record is the same, or could not be used. */
  unchanged: number[]
}

/**
 * Compares the devices that a source may claim, decommissioned ones included, with its new records. Neither
 * side has a key or an identity twice.
 *
 * A record belongs to the device of this source with the same key, else to the one with the same country,
 * site and name. Without a key, a device that changed any of these is decommissioned, and a new one is
 * created. A device of another source counts only if it is listed here. A device whose record was rejected
 * counts as listed and stays as it is.
 */
export function* diffInventory(
  known: readonly KnownDevice[],
  { records, rejected }: Inventory,
  source: string,
): Steps<InventoryDiff> {
  const diff: InventoryDiff = { created: [], updated: [], restored: [], decommissioned: [], unchanged: [] }
  const unlisted = new Unlisted(known, source)
  yield* unlisted.indexKeys()
  const byKey: (KnownDevice | undefined)[] = []
  for (const [index, { key }] of records.entries()) {
    if (index % ITEMS_PER_STEP === 0) yield
    byKey.push(key === null ? undefined : unlisted.takeByKey(key))
  }
  if (rejected.length > 0 || byKey.includes(undefined)) yield* unlisted.indexIdentities()
  for (const [index, record] of records.entries()) {
    if (index % ITEMS_PER_STEP === 0) yield
    // A device that is found by its key must not be taken by another record with its name.
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
  for (const [index, { identity, key }] of rejected.entries()) {
    if (index % ITEMS_PER_STEP === 0) yield
    const device = unlisted.takeOwnActive(key, identity && identityKey(identity))
    if (device) diff.unchanged.push(device.id)
  }
  for (const device of unlisted.left()) {
    if (device.source !== source || device.lifecycle !== 'ACTIVE') continue
    diff.decommissioned.push({ id: device.id, record: device })
  }
  return diff
}

/**
 * The known devices that no record was found for yet. It uses little memory, because there may be a million
 * of them.
 */
class Unlisted {
  readonly #known: readonly KnownDevice[]
  readonly #source: string
  /** By index: 1 if the device was taken. */
  readonly #taken: Uint8Array
  readonly #byKey = new Map<string, number>()
  readonly #byIdentity = new Map<string, number>()

  constructor(known: readonly KnownDevice[], source: string) {
    this.#known = known
    this.#source = source
    this.#taken = new Uint8Array(known.length)
  }

  *indexKeys(): Steps<void> {
    for (const [index, { key, source }] of this.#known.entries()) {
      if (index % ITEMS_PER_STEP === 0) yield
      if (key !== null && source === this.#source) this.#byKey.set(key, index)
    }
  }

  /** Is called after all devices were taken by key, if others are to be taken by identity. */
  *indexIdentities(): Steps<void> {
    for (const [index, device] of this.#known.entries()) {
      if (index % ITEMS_PER_STEP === 0) yield
      if (!this.#taken[index]) this.#byIdentity.set(identityKey(device), index)
    }
  }

  *left(): Generator<KnownDevice> {
    for (const [index, device] of this.#known.entries()) if (!this.#taken[index]) yield device
  }

  takeByKey(key: string): KnownDevice | undefined {
    return this.#take(this.#byKey.get(key))
  }

  takeByIdentity(identity: string): KnownDevice | undefined {
    return this.#take(this.#byIdentity.get(identity))
  }

  /** Takes an active device of the source by its key, else by its identity. */
  takeOwnActive(key: string | null, identity: string | null): KnownDevice | undefined {
    const byKey = key === null ? undefined : this.#byKey.get(key)
    return (
      this.#takeWhereOwnActive(byKey) ??
      (identity === null ? undefined : this.#takeWhereOwnActive(this.#byIdentity.get(identity)))
    )
  }

  #takeWhereOwnActive(index: number | undefined): KnownDevice | undefined {
    const device = this.#known[index ?? -1]
    return device?.source === this.#source && device.lifecycle === 'ACTIVE' ? this.#take(index) : undefined
  }

  /** Takes a device and returns it; undefined if it was taken before. */
  #take(index: number | undefined): KnownDevice | undefined {
    if (index === undefined || this.#taken[index]) return undefined
    this.#taken[index] = 1
    return this.#known[index]
  }
}

/** Returns the fields that a record of `source` changes. */
export function changesBetween(before: KnownDevice, after: InventoryRecord, source: string): FieldChange[] {
  const changes: FieldChange[] = []
  for (const field of RECORD_FIELDS) {
    if (before[field] === after[field]) continue
    changes.push({ field, before: textOf(before[field]), after: textOf(after[field]) })
  }
  if (before.source !== source) changes.push({ field: 'source', before: before.source, after: source })
  return changes
}

/** Returns the devices that change their site or country. */
export function movesOf({ updated }: Pick<InventoryDiff, 'updated'>): InventoryDiff['updated'] {
  return updated.filter(isMove)
}

/** Tells whether a device changes its site or country, and not only the spelling of a name. */
function isMove({ changes }: { changes: readonly FieldChange[] }): boolean {
  return changes.some(
    ({ field, before, after }) =>
      (field === 'site' || field === 'country') && plainText(before ?? '') !== plainText(after ?? ''),
  )
}

function textOf(value: string | number | null): string | null {
  return value === null ? null : String(value)
}
