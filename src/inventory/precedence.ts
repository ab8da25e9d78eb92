import { ITEMS_PER_STEP, type Steps } from '../base/turns.ts'
import { shown } from './check-record.ts'
import type { KnownDevice } from './diff.ts'
import { endpointOf, identityKey } from './identity.ts'
import { type Inventory, type InventoryRecord, MANUAL_SOURCE, numberedRecords } from './record.ts'

/** The rank of a source among the configured ones. A device that several list belongs to the first. */
export interface SourceRank {
  source: string
  /** Tells whether another source takes precedence over this one. One that is not configured never does. */
  precedes(other: string): boolean
}

/** @param order names of all configured sources; one that is not among them comes last */
export function rankOf(source: string, order: readonly string[]): SourceRank {
  const place = order.indexOf(source)
  const earlier = new Set(place < 0 ? order : order.slice(0, place))
  return { source, precedes: (other) => earlier.has(other) }
}

export interface SettledInventory {
  /** The records of the source. Those of devices that belong to others are among the rejected. */
  inventory: Inventory
  /**
   * The devices that the source may claim by listing them: its own, except those that a person
   * decommissioned, and others.
   */
  claimable: KnownDevice[]
}

/**
 * Sets aside the records of devices that the source has no say in:
 *
 * - those that a person decommissioned
 * - those with the identity (country, site, name) or the endpoint (address, port) of a device that a source
 *   of higher rank lists or a person onboarded
 *
 * A device of the source whose record is set aside this way counts as no longer listed, because it must not
 * exist twice.
 */
export function* settlePrecedence(
  inventory: Inventory,
  known: readonly KnownDevice[],
  rank: SourceRank,
): Steps<SettledInventory> {
  const claimable: KnownDevice[] = []
  const held = new HeldDevices(rank.source)
  for (const [index, device] of known.entries()) {
    if (index % ITEMS_PER_STEP === 0) yield
    if (isHeld(device, rank)) held.add(device)
    else claimable.push(device)
  }
  if (held.isEmpty) return { inventory, claimable }
  const settled: Inventory = { records: [], rejected: [...inventory.rejected] }
  for (const [position, record] of numberedRecords(inventory)) {
    if (position % ITEMS_PER_STEP === 0) yield
    const reason = held.reasonAgainst(record)
    if (reason === null) settled.records.push(record)
    else settled.rejected.push({ position, record: shown(record), reason, identity: null, key: null })
  }
  settled.rejected.sort((one, other) => one.position - other.position)
  return { inventory: settled, claimable }
}

function isHeld({ source, lifecycle, decommissionedBy }: KnownDevice, rank: SourceRank): boolean {
  if (lifecycle === 'DECOMMISSIONED') return decommissionedBy !== null
  return source === MANUAL_SOURCE || rank.precedes(source)
}

/** The devices that belong to others. */
class HeldDevices {
  readonly #source: string
  readonly #byKey = new Map<string, KnownDevice>()
  readonly #byIdentity = new Map<string, KnownDevice>()
  readonly #byEndpoint = new Map<string, KnownDevice>()

  constructor(source: string) {
    this.#source = source
  }

  get isEmpty(): boolean {
    return this.#byIdentity.size === 0
  }

  add(device: KnownDevice): void {
    this.#byIdentity.set(identityKey(device), device)
    if (device.key !== null && device.source === this.#source) this.#byKey.set(device.key, device)
    // The address of a decommissioned device is free for another one.
    if (device.lifecycle === 'ACTIVE') this.#byEndpoint.set(endpointOf(device), device)
  }

  reasonAgainst(record: InventoryRecord): string | null {
    const same =
      (record.key === null ? undefined : this.#byKey.get(record.key)) ??
      this.#byIdentity.get(identityKey(record))
    if (same) return reasonOf(same)
    const neighbour = this.#byEndpoint.get(endpointOf(record))
    return neighbour
      ? `${reasonOf(neighbour)} It has the same address and port: ${endpointOf(record)}.`
      : null
  }
}

function reasonOf({ name, site, country, source, lifecycle, decommissionedBy }: KnownDevice): string {
  const device = `${name} at site ${site} of ${country}`
  if (lifecycle === 'DECOMMISSIONED')
    return (
      `${decommissionedBy} decommissioned ${device} by hand; ` +
      'remove the record, or onboard the device to have it back.'
    )
  if (source === MANUAL_SOURCE)
    return `${device} was onboarded by hand; decommission it to have it from this source.`
  return `${device} is taken from the source ${source}, which takes precedence.`
}

/**
 * Gives all records of a country the region that its first record with a region names, because a region
 * belongs to a country. Otherwise records that disagree would cause changes at every sync.
 */
export function agreeOnRegions(records: InventoryRecord[]): void {
  const regions = new Map<string, string>()
  for (const { country, region } of records) {
    if (region !== null && !regions.has(country)) regions.set(country, region)
  }
  for (const record of records) record.region = regions.get(record.country) ?? null
}

/**
 * Keeps the known region of a country in these records if another source decides on it, so that two sources
 * do not change it back and forth. A source decides if it takes precedence and has devices in the country. If
 * these records name no region, any other source with devices there decides.
 */
export function* settleRegions(
  records: InventoryRecord[],
  known: readonly KnownDevice[],
  rank: SourceRank,
): Steps<InventoryRecord[]> {
  const settled = new Map<string, { region: string | null; isFirm: boolean }>()
  for (const [index, { country, region, source, lifecycle }] of known.entries()) {
    if (index % ITEMS_PER_STEP === 0) yield
    if (lifecycle !== 'ACTIVE' || source === rank.source) continue
    const isFirm = region !== null && rank.precedes(source)
    if (isFirm || !settled.has(country)) settled.set(country, { region, isFirm })
  }
  if (settled.size === 0) return records
  const settledRecords: InventoryRecord[] = []
  for (const [index, record] of records.entries()) {
    if (index % ITEMS_PER_STEP === 0) yield
    const other = settled.get(record.country)
    const isOthers = other !== undefined && (other.isFirm || record.region === null)
    settledRecords.push(isOthers ? { ...record, region: other.region } : record)
  }
  return settledRecords
}
