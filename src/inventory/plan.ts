import { createHash } from 'node:crypto'
import { diffInventory, type InventoryDiff, type KnownDevice } from './diff.ts'
import { identityKey } from './identity.ts'
import { settlePrecedence } from './precedence.ts'
import type { Inventory, InventoryRecord } from './record.ts'
import { settleRegions } from './regions.ts'
import type { SourceRank } from './source-rank.ts'

/** What a plan may take away by itself: one that takes more than both awaits approval. */
export interface Ceiling {
  /** Of the active devices of the source, from 0 to 1. */
  share: number
  /** Devices. */
  atLeast: number
}

/** What a sync of one source means to do. */
export interface InventoryPlan {
  diff: InventoryDiff
  /** What was given, without the records that others answer for: those are among the rejected. */
  inventory: Inventory
  /** Active devices of the source as they are known. */
  activeBefore: number
  /** Records that could be used, also where others answer for them. */
  recordsGiven: number
}

/** @param known every device of every source */
export function planInventory(
  known: readonly KnownDevice[],
  given: Inventory,
  rank: SourceRank,
): InventoryPlan {
  const complete = withKnownFields(given, known)
  const { inventory, claimable } = settlePrecedence(complete, known, rank)
  const settled = { ...inventory, records: settleRegions(inventory.records, known, rank) }
  let activeBefore = 0
  for (const { source, lifecycle } of known) {
    if (source === rank.source && lifecycle === 'ACTIVE') activeBefore += 1
  }
  return {
    diff: diffInventory(claimable, settled, rank.source),
    inventory: settled,
    activeBefore,
    recordsGiven: given.records.length,
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

/** Why nothing may be decommissioned before somebody approves it, in a sentence; null where nothing speaks against it. */
export function judgePlan(
  { diff, activeBefore, recordsGiven }: Pick<InventoryPlan, 'diff' | 'activeBefore' | 'recordsGiven'>,
  { share, atLeast }: Ceiling,
): { awaits: string | null } {
  const leaving = diff.decommissioned.length
  if (leaving === 0) return { awaits: null }
  const would = `It would decommission ${leaving} of ${activeBefore} active devices`
  if (recordsGiven === 0) return { awaits: `The source gave no record that can be used. ${would}.` }
  if (leaving <= atLeast || leaving <= share * activeBefore) return { awaits: null }
  const percent = (part: number) => `${Number((part * 100).toFixed(1))}%`
  return {
    awaits: `${would} (${percent(leaving / activeBefore)}), which is more than ${atLeast} and more than ${percent(share)}.`,
  }
}

/** Tells whether two plans decommission the same devices: SHA-256 over their ids, in hex. */
export function digestOf({ decommissioned }: InventoryDiff): string {
  const ids = decommissioned.map(({ id }) => id).sort((one, other) => one - other)
  return createHash('sha256').update(ids.join(',')).digest('hex')
}
