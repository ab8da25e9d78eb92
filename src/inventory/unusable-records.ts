import { isIP } from 'node:net'
import { ITEMS_PER_STEP, type Steps } from '../base/turns.ts'
import { type InventoryDiff, type KnownDevice, movesOf } from './diff.ts'
import { type DeviceIdentity, identityKey } from './identity.ts'
import { plainText } from './plain-text.ts'
import { type Inventory, type InventoryRecord, numberedRecords, type RejectedRecord } from './record.ts'

/**
 * Sets aside the doubtful records that would move a device. If devices would be decommissioned, it also sets
 * aside those that would create one. A record with a value in the wrong field seems to belong to another
 * place or another device.
 *
 * @returns the remaining records, and those that were set aside
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

/**
 * Counts the unusable records that may stand for a device in `leaving`, the devices that the source seems to
 * list no more.
 *
 * A record does not count if it is clear which device it stands for: it has the key or the identity of a
 * known device, or a new key although each device in `leaving` has one. Nor does a record count that names a
 * new device, unless a device in `leaving` has the same name, because the site may be misspelt. Of a record
 * with a value that stands, or may stand, in the wrong field, neither a new key nor a new name is believed.
 */
export function* countUntold(
  rejected: readonly RejectedRecord[],
  known: readonly KnownDevice[],
  {
    source,
    leaving,
    doubts,
  }: { source: string; leaving: readonly KnownDevice[]; doubts?: Inventory['doubts'] | undefined },
): Steps<number> {
  if (rejected.length === 0 || leaving.length === 0) return 0
  const identities = new Set<string>()
  const keys = new Set<string | null>()
  for (const [index, device] of known.entries()) {
    if (index % ITEMS_PER_STEP === 0) yield
    identities.add(identityKey(device))
    if (device.source === source) keys.add(device.key)
  }
  const names = new Set(leaving.map(({ name }) => plainText(name)))
  const keyless = leaving.filter(({ key }) => key === null)
  const namesOfKeyless = new Set(keyless.map(({ name }) => plainText(name)))
  const texts = new Set(leaving.flatMap(({ name, address }) => [plainText(name), address]))
  const isShifted = ({ country, site, name }: DeviceIdentity) =>
    texts.has(country) || texts.has(site) || isIP(name) !== 0
  const isTold = ({ position, identity, key }: RejectedRecord) => {
    if ((identity !== null && identities.has(identityKey(identity))) || (key !== null && keys.has(key)))
      return true
    if (doubts?.has(position) || (identity !== null && isShifted(identity))) return false
    if (key === null) return identity !== null && !names.has(identity.name)
    return keyless.length === 0 || (identity !== null && !namesOfKeyless.has(identity.name))
  }
  return rejected.filter((record) => !isTold(record)).length
}

/** Returns why a source failed if none of its records can be used, in sentences; else null. */
export function whyUnusable(source: string, { records, rejected }: Inventory): string | null {
  if (records.length > 0 || rejected.length === 0) return null
  const { reason, count } = mostFrequent(rejected.map((record) => record.reason))
  const none =
    rejected.length === 1
      ? `The only record that source "${source}" gives cannot be used.`
      : `None of the ${rejected.length} records that source "${source}" gives can be used.`
  return count === 1
    ? `${none} The first: ${reason}`
    : `${none} The most frequent reason, ${count} times: ${reason}`
}

/**
 * Returns the most frequent reason. Reasons that differ only in numbers and quoted values count as one, the
 * first.
 */
function mostFrequent(reasons: readonly string[]): { reason: string; count: number } {
  const groups = new Map<string, { reason: string; count: number }>()
  for (const reason of reasons) {
    const kind = reason.replace(/ is (?:"(?:[^"\\]|\\.)*"|[[{][^,]*),/g, ' is,').replace(/\d+/g, '#')
    const group = groups.get(kind)
    if (group) group.count += 1
    else groups.set(kind, { reason, count: 1 })
  }
  return [...groups.values()].reduce((most, group) => (group.count > most.count ? group : most), {
    reason: '',
    count: 0,
  })
}
