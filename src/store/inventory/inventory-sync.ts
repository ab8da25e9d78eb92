import { sql, type Transaction } from 'kysely'
import { RollcallError } from '../../base/errors.ts'
import type { InventoryDiff, KnownDevice } from '../../inventory/diff.ts'
import type { HeldChanges } from '../../inventory/judge-plan.ts'
import type { Inventory } from '../../inventory/record.ts'
import type { Database } from '../tables/database.ts'
import { type ApplyOptions, applyDiff } from './inventory-apply.ts'
import { type PlanChanges, storeApprovedChanges, storeChanges } from './planned-changes.ts'
import {
  type NewSyncPlan,
  recordPlan,
  rejectedRows,
  type SyncPlanRow,
  settlePlan,
} from './sync-plan-store.ts'

/** The devices that the store knows, to plan a sync from. */
export interface InventorySnapshot {
  /** Devices of every source, decommissioned ones included. */
  devices: readonly KnownDevice[]
  /**
   * The last entry of the change log before the devices were read: a later change makes the snapshot stale.
   */
  lastChangeId: number
}

/** A sync as it was planned from a snapshot, and the plan to record. */
export interface PlannedSync extends ApplyOptions {
  /** The part of the plan that is applied. */
  diff: InventoryDiff
  /** The part of the plan that waits for approval. */
  held: HeldChanges
  /** If true, the diff is applied and undone, so that the plan says what would have changed. */
  dryRun: boolean
  /** The counts of what is applied are added to `created`, `updated` and `unchanged`. */
  plan: Omit<NewSyncPlan, 'rejected'>
  /**
   * The inventory of the source. Its rejected records, and those in conflict with stored devices, become the
   * plan's `rejected`.
   */
  inventory: Inventory
  /** The id of the plan, awaiting approval, that this sync decides; null if the plan is a new one. */
  decides: number | null
}

export interface AppliedSync {
  plan: SyncPlanRow
  /** Empty after a dry run. */
  changedDeviceIds: number[]
}

/**
 * Applies the diff and records the plan.
 *
 * @throws RollcallError CONFLICT if the plan that it decides no longer awaits approval; and the reason of the
 * signal
 */
export async function applySync(
  transaction: Transaction<Database>,
  { diff, held, dryRun, plan: draft, inventory, decides, ...options }: PlannedSync,
  signal: AbortSignal,
): Promise<AppliedSync> {
  if (dryRun) await sql`savepoint dry_run`.execute(transaction)
  const applied = await applyDiff(transaction, diff, options)
  if (dryRun) await sql`rollback to dry_run`.execute(transaction)
  const changeSetId = await changeSetOf(
    transaction,
    { applied: applied.changes, isDryRun: dryRun, held },
    { state: draft.state, decides },
  )
  // Checked as late as possible: an aborted sync must not be committed.
  signal.throwIfAborted()
  const plan: NewSyncPlan = {
    ...draft,
    created: draft.created + applied.created,
    updated: draft.updated + applied.updated + applied.restored,
    unchanged: draft.unchanged + applied.unchanged,
    rejected: rejectedRows(inventory, applied.conflicts),
  }
  const row =
    decides === null
      ? await recordPlan(transaction, plan, changeSetId)
      : await settlePlan(transaction, decides, { ...plan, changeSetId })
  if (row === null)
    throw new RollcallError('CONFLICT', 'The plan awaits approval no more; look for a newer one.')
  return { plan: row, changedDeviceIds: dryRun ? [] : applied.changedDeviceIds }
}

/** Stores the changes of a plan, and returns the id of their list; null if there are none. */
async function changeSetOf(
  transaction: Transaction<Database>,
  changes: PlanChanges,
  { state, decides }: { state: NewSyncPlan['state']; decides: number | null },
): Promise<number | null> {
  if (decides === null) return await storeChanges(transaction, changes, { isShared: state !== 'APPLIED' })
  const waiting = await transaction
    .selectFrom('sync_plans')
    .select('change_set_id as id')
    .where('id', '=', decides)
    .executeTakeFirst()
  return await storeApprovedChanges(transaction, changes, waiting?.id ?? null)
}
