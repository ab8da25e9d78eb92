import { createHash } from 'node:crypto'
import { type InventoryDiff, movesOf } from './diff.ts'
import { endpointOf } from './identity.ts'
import type { InventoryPlan } from './plan.ts'
import type { InventoryRecord } from './record.ts'

/** The changes that a plan may make without approval. Shares (0 to 1) are of the source's active devices. */
export interface Ceiling {
  /** A plan that would decommission more than this share and more than `atLeast` awaits approval. */
  decommission: number
  /** The same for devices that would move to another site. */
  move: number
  /** A number of devices. */
  atLeast: number
}

/**
 * The parts of a plan that wait for approval. Other updates never wait, nor do additions at a free address.
 */
export interface Judgement {
  /**
   * Why nothing is decommissioned before somebody approves it, in sentences; null if the whole plan may be
   * applied.
   */
  awaits: string | null
  /** Whether the moves wait as well. */
  holdsMoves: boolean
}

/** If fewer than one record in this many can be used, the answer is not reliable. */
const USABLE_ONE_IN = 10

/** Fewer unusable records than this are normal. */
const MANY_UNUSABLE = 20

/**
 * Applies the rules in their order. The first one that the plan breaks is the reason why its decommissioning
 * waits.
 */
export function judgePlan(plan: InventoryPlan, ceiling: Ceiling): Judgement {
  const { activeBefore } = plan
  const moving = movesOf(plan.diff).length
  const holdsMoves = exceeds(moving, ceiling.move, plan, ceiling)
  const reasons: string[] = []
  if (holdsMoves) {
    const would = `It would move ${moving} of ${activeBefore} active devices to another site`
    reasons.push(`${would} ${excess(moving, ceiling.move, plan, ceiling)}`)
  }
  const leaving = whyLeavingWaits(plan, ceiling, holdsMoves)
  if (leaving !== null) reasons.push(leaving)
  return { awaits: reasons.length === 0 ? null : reasons.join(' '), holdsMoves }
}

function whyLeavingWaits(plan: InventoryPlan, ceiling: Ceiling, isDoubtful: boolean): string | null {
  const { diff, activeBefore, recordsGiven, recordsUnusable, untold } = plan
  const leaving = diff.decommissioned.length
  if (leaving === 0) return null
  const would = `It would decommission ${leaving} of ${activeBefore} active devices`
  if (recordsGiven === 0) return `The source gave no record that can be used. ${would}.`
  if (untold > 0) {
    return untold === 1
      ? `It cannot be told which device 1 unusable record stands for. ${would}, which the record may list.`
      : `It cannot be told which devices ${untold} unusable records stand for. ` +
          `${would}, which the records may list.`
  }
  const all = recordsGiven + recordsUnusable
  if (recordsUnusable >= MANY_UNUSABLE && recordsGiven * USABLE_ONE_IN < all)
    return `Only ${recordsGiven} of ${all} records can be used. ${would}.`
  if (exceeds(leaving, ceiling.decommission, plan, ceiling))
    return `${would} ${excess(leaving, ceiling.decommission, plan, ceiling)}`
  return isDoubtful ? `${would}.` : null
}

type Size = Pick<InventoryPlan, 'activeBefore'>

function exceeds(count: number, share: number, { activeBefore }: Size, { atLeast }: Ceiling): boolean {
  return count > atLeast && count > share * activeBefore
}

function excess(count: number, share: number, { activeBefore }: Size, { atLeast }: Ceiling): string {
  const percent = (part: number) => `${Number((part * 100).toFixed(1))}%`
  return `(${percent(count / activeBefore)}), which is more than ${atLeast} and more than ${percent(share)}.`
}

/** The changes of a plan that wait for approval. */
export type HeldChanges = Omit<InventoryDiff, 'unchanged'>

const NOTHING_HELD: HeldChanges = { created: [], updated: [], restored: [], decommissioned: [] }

/**
 * Divides a plan into the part that may be applied now and the part that waits. Devices whose moves wait stay
 * as they are. A new record with the address and port of a device that waits to be decommissioned waits too:
 * the two are probably one device.
 */
export function divideHeld(
  diff: InventoryDiff,
  { awaits, holdsMoves }: Judgement,
): { due: InventoryDiff; held: HeldChanges } {
  if (awaits === null) return { due: diff, held: NOTHING_HELD }
  const leaving = new Set(diff.decommissioned.map(({ record }) => endpointOf(record)))
  const isLeaving = (record: InventoryRecord) => leaving.has(endpointOf(record))
  const moves = new Set(holdsMoves ? movesOf(diff) : [])
  return {
    due: {
      created: diff.created.filter((record) => !isLeaving(record)),
      updated: diff.updated.filter((one) => !moves.has(one)),
      restored: diff.restored.filter(({ record }) => !isLeaving(record)),
      decommissioned: [],
      unchanged: [...diff.unchanged, ...[...moves].map(({ id }) => id)],
    },
    held: {
      created: diff.created.filter(isLeaving),
      updated: [...moves],
      restored: diff.restored.filter(({ record }) => isLeaving(record)),
      decommissioned: diff.decommissioned,
    },
  }
}

/**
 * Returns a digest that is equal if the same changes wait in two plans: SHA-256 in hex over the ids of the
 * devices that would be decommissioned and, if moves wait, over the devices that would move, with their new
 * places.
 */
export function digestOf(diff: InventoryDiff, { holdsMoves }: Pick<Judgement, 'holdsMoves'>): string {
  const ids = diff.decommissioned.map(({ id }) => id).sort((one, other) => one - other)
  const hash = createHash('sha256').update(ids.join(','))
  if (!holdsMoves) return hash.digest('hex')
  for (const { id, record } of movesOf(diff).sort((one, other) => one.id - other.id)) {
    hash.update(`\n${JSON.stringify([id, record.country, record.site])}`)
  }
  return hash.digest('hex')
}
