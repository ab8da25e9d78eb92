import { RollcallError } from '../../base/errors.ts'
import type { Steps } from '../../base/turns.ts'
import type { Ceiling } from '../../config/schema.ts'
import { type KnownDevice, movesOf } from '../../inventory/diff.ts'
import { digestOf, divideHeld, type Judgement, judgePlan } from '../../inventory/judge-plan.ts'
import { type InventoryPlan, planInventory } from '../../inventory/plan.ts'
import { rankOf } from '../../inventory/precedence.ts'
import type { Inventory } from '../../inventory/record.ts'
import { whyUnusable } from '../../inventory/unusable-records.ts'
import { unreadFields } from '../../inventory/warnings.ts'
import type { PlannedSync } from '../../store/inventory/inventory-sync.ts'
import { type NewSyncPlan, rejectedRows } from '../../store/inventory/sync-plan-store.ts'

/** The inventory that was fetched from a source, and the settings by which it is planned. */
export interface FetchedInventory {
  /** The name of the source. */
  source: string
  inventory: Inventory
  /** The names of all configured sources. If several list the same device, the first one owns it. */
  order: readonly string[]
  ceiling: Ceiling
  /** When it was fetched, in epoch milliseconds. */
  at: number
}

/**
 * Compares a fetched inventory with the known devices, and decides which part of the difference awaits
 * approval (see `judgePlan`).
 *
 * @throws RollcallError SOURCE_FAILED if the plan has no usable record: compared with the known devices, all
 * of them may be doubtful
 */
export function* planAndJudge(
  known: readonly KnownDevice[],
  { source, inventory, order, ceiling }: FetchedInventory,
): Steps<{ planned: InventoryPlan; judged: Judgement }> {
  const planned = yield* planInventory(known, inventory, rankOf(source, order))
  const unusable = planned.recordsGiven === 0 ? whyUnusable(source, planned.inventory) : null
  if (unusable !== null) throw new RollcallError('SOURCE_FAILED', unusable)
  return { planned, judged: judgePlan(planned, ceiling) }
}

/**
 * Returns the sync that applies a plan except for the part that awaits approval.
 *
 * @param options.note the fields that the change log adds to each decommissioning
 */
export function plannedSync(
  { source, at }: FetchedInventory,
  { planned, judged }: { planned: InventoryPlan; judged: Judgement },
  {
    dryRun = false,
    note = [],
  }: { dryRun?: boolean; note?: NonNullable<PlannedSync['decommission']>['note'] },
): PlannedSync {
  const { due, held } = divideHeld(planned.diff, judged)
  const state = dryRun ? 'DRY_RUN' : judged.awaits === null ? 'APPLIED' : 'AWAITING_APPROVAL'
  return {
    diff: due,
    held,
    source,
    at,
    actor: `source:${source}`,
    decommission: { by: null, note },
    dryRun,
    plan: planRow(source, planned, judged, { state, plannedAt: at }),
    inventory: planned.inventory,
    decides: null,
  }
}

/** The plan of a sync for the store, which adds the counts of what it applies. */
function planRow(
  source: string,
  { diff, warnings }: InventoryPlan,
  { awaits, holdsMoves }: Judgement,
  decided: Pick<NewSyncPlan, 'state' | 'plannedAt'>,
): PlannedSync['plan'] {
  const moved = movesOf(diff).length
  return {
    source,
    created: 0,
    updated: 0,
    decommissioned: diff.decommissioned.length,
    moved,
    // Devices whose moves await approval are applied as unchanged ones, and are not counted among them.
    unchanged: holdsMoves ? -moved : 0,
    warnings,
    reason: awaits,
    digest: digestOf(diff, { holdsMoves }),
    decidedAt: null,
    decidedBy: null,
    ...decided,
  }
}

/** Returns the row for a failed sync. If the source delivered records, none of them was usable. */
export function failedPlan(
  source: string,
  {
    reason,
    at,
    inventory = { records: [], rejected: [] },
  }: { reason: string; at: number; inventory?: Inventory },
): NewSyncPlan {
  return {
    source,
    state: 'FAILED',
    reason,
    created: 0,
    updated: 0,
    decommissioned: 0,
    moved: 0,
    unchanged: 0,
    rejected: rejectedRows(inventory),
    warnings: unreadFields(inventory),
    digest: '',
    plannedAt: at,
    decidedAt: null,
    decidedBy: null,
  }
}
