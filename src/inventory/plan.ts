import { diffInventory, type InventoryDiff, type KnownDevice } from './diff.ts'
import { withoutDoubtful } from './doubtful.ts'
import { identityKey } from './identity.ts'
import { settlePrecedence } from './precedence.ts'
import type { Inventory, InventoryRecord } from './record.ts'
import { settleRegions } from './regions.ts'
import type { SourceRank } from './source-rank.ts'
import { countUntold } from './untold.ts'
import { warningsOf } from './warnings.ts'

/** What a sync of one source means to do. */
export interface InventoryPlan {
  diff: InventoryDiff
  /** What was given, without the records that others answer for: those are among the rejected. */
  inventory: Inventory
  /** Active devices of the source as they are known. */
  activeBefore: number
  /** Records that could be used, also where others answer for them. */
  recordsGiven: number
  /** Records that could not be used, without those that others answer for. */
  recordsUnusable: number
  /** Those of them that may stand for a device that would be decommissioned; see `countUntold`. */
  untold: number
  /** See `warningsOf`. */
  warnings: string[]
}

/** @param known every device of every source */
export function planInventory(
  known: readonly KnownDevice[],
  given: Inventory,
  rank: SourceRank,
): InventoryPlan {
  const complete = withKnownFields(given, known)
  const { inventory, claimable } = settlePrecedence(complete, known, rank)
  const listed = { ...inventory, records: settleRegions(inventory.records, known, rank) }
  const listedDiff = diffInventory(claimable, listed, rank.source)
  const { inventory: settled, doubtful } = withoutDoubtful(listed, given.doubts, listedDiff)
  let activeBefore = 0
  for (const { source, lifecycle } of known) {
    if (source === rank.source && lifecycle === 'ACTIVE') activeBefore += 1
  }
  const diff = doubtful.length === 0 ? listedDiff : diffInventory(claimable, settled, rank.source)
  const unusable = [...given.rejected, ...doubtful]
  const leaving = diff.decommissioned.map(({ record }) => record)
  return {
    diff,
    inventory: settled,
    activeBefore,
    recordsGiven: given.records.length - doubtful.length,
    recordsUnusable: unusable.length,
    untold: countUntold(unusable, known, { source: rank.source, leaving, doubts: given.doubts }),
    warnings: warningsOf(given, { records: settled.records, known, source: rank.source }),
  }
}

/** The records with what is known of their devices in the place of what they do not say. */
function withKnownFields(given: Inventory, known: readonly KnownDevice[]): Inventory {
  const { partial } = given
  if (!partial) return given
  const devices = new Map(known.map((device) => [identityKey(device), device]))
  const records = given.records.map((record): InventoryRecord => {
    const device = devices.get(identityKey(record))
    if (device === undefined) return record
    return {
      ...record,
      key: record.key ?? device.key,
      region: record.region ?? device.region,
      platform: record.platform ?? device.platform,
      credential: record.credential ?? device.credential,
      port: record.port === partial.defaultPort ? device.port : record.port,
    }
  })
  return { ...given, records }
}
