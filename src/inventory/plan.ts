import { ITEMS_PER_STEP, type Steps } from '../base/turns.ts'
import { diffInventory, type InventoryDiff, type KnownDevice } from './diff.ts'
import { identityKey } from './identity.ts'
import { type SourceRank, settlePrecedence, settleRegions } from './precedence.ts'
import type { Inventory, InventoryRecord } from './record.ts'
import { countUntold, withoutDoubtful } from './unusable-records.ts'
import { warningsOf } from './warnings.ts'

/** The changes that a sync of one source would make. */
export interface InventoryPlan {
  diff: InventoryDiff
  /** The records of the source. Those of devices that belong to others are among the rejected. */
  inventory: Inventory
  /** The number of active devices of the source before the sync. */
  activeBefore: number
  /** The number of usable records, including those of devices that belong to others. */
  recordsGiven: number
  /** The number of unusable records, without those of devices that belong to others. */
  recordsUnusable: number
  /** The number of these that may stand for a device that would be decommissioned; see `countUntold`. */
  untold: number
  /** See `warningsOf`. */
  warnings: string[]
}

/**
 * Plans in steps, because with many devices it takes long.
 *
 * @param known every device of every source
 */
export function* planInventory(
  known: readonly KnownDevice[],
  given: Inventory,
  rank: SourceRank,
): Steps<InventoryPlan> {
  const complete = yield* withKnownFields(given, known)
  const { inventory, claimable } = yield* settlePrecedence(complete, known, rank)
  const listed = { ...inventory, records: yield* settleRegions(inventory.records, known, rank) }
  const listedDiff = yield* diffInventory(claimable, listed, rank.source)
  const { inventory: settled, doubtful } = withoutDoubtful(listed, given.doubts, listedDiff)
  let activeBefore = 0
  for (const { source, lifecycle } of known) {
    if (source === rank.source && lifecycle === 'ACTIVE') activeBefore += 1
  }
  const diff = doubtful.length === 0 ? listedDiff : yield* diffInventory(claimable, settled, rank.source)
  const unusable = [...given.rejected, ...doubtful]
  const leaving = diff.decommissioned.map(({ record }) => record)
  return {
    diff,
    inventory: settled,
    activeBefore,
    recordsGiven: given.records.length - doubtful.length,
    recordsUnusable: unusable.length,
    untold: yield* countUntold(unusable, known, { source: rank.source, leaving, doubts: given.doubts }),
    warnings: yield* warningsOf(given, { records: settled.records, known, source: rank.source }),
  }
}

/** Fills the fields that the records leave out with what is known about their devices. */
function* withKnownFields(given: Inventory, known: readonly KnownDevice[]): Steps<Inventory> {
  const { partial } = given
  if (!partial) return given
  const devices = new Map<string, KnownDevice>()
  for (const [index, device] of known.entries()) {
    if (index % ITEMS_PER_STEP === 0) yield
    devices.set(identityKey(device), device)
  }
  const records: InventoryRecord[] = []
  for (const [index, record] of given.records.entries()) {
    if (index % ITEMS_PER_STEP === 0) yield
    const device = devices.get(identityKey(record))
    records.push(device === undefined ? record : withFieldsOf(device, record, partial))
  }
  return { ...given, records }
}

function withFieldsOf(
  device: KnownDevice,
  record: InventoryRecord,
  { defaultPort }: NonNullable<Inventory['partial']>,
): InventoryRecord {
  return {
    ...record,
    key: record.key ?? device.key,
    region: record.region ?? device.region,
    platform: record.platform ?? device.platform,
    credential: record.credential ?? device.credential,
    port: record.port === defaultPort ? device.port : record.port,
  }
}
