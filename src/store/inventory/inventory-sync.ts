import { sql, type Transaction } from 'kysely'
import { RollcallError } from '../../base/errors.ts'
import type { InventoryDiff } from '../../inventory/diff.ts'
import type { Database } from '../tables/database.ts'
import { type ApplyOptions, type ApplyResult, applyDiff } from './inventory-apply.ts'
import { type NewSyncPlan, recordPlan, type SyncPlanRow, settlePlan } from './sync-plan-writer.ts'

/** What a sync means to do, and what is to be kept of it. */
export interface PlannedSync extends ApplyOptions {
  diff: InventoryDiff
  /** Whether the inventory is left as it is. */
  dryRun: boolean
  /** The plan as it came to be. */
  planOf: (applied: ApplyResult) => NewSyncPlan
  /** The plan, awaiting approval, that is thereby decided; null: it is a new one. */
  decides: number | null
}

export interface AppliedSync {
  plan: SyncPlanRow
  /** Of a dry run there are none. */
  changedDeviceIds: number[]
}

/**
 * Applies the difference and records the plan. A dry run is applied and undone: that is what makes it say what would be.
 *
 * @throws RollcallError CONFLICT where the plan that it decides awaits no approval any more
 */
export async function applySync(
  transaction: Transaction<Database>,
  { diff, dryRun, planOf, decides, ...options }: PlannedSync,
): Promise<AppliedSync> {
  if (dryRun) await sql`savepoint dry_run`.execute(transaction)
  const applied = await applyDiff(transaction, diff, options)
  if (dryRun) await sql`rollback to dry_run`.execute(transaction)
  const plan = planOf(applied)
  const row =
    decides === null ? await recordPlan(transaction, plan) : await settlePlan(transaction, decides, plan)
  if (row === null)
    throw new RollcallError('CONFLICT', 'The plan awaits approval no more; look for a newer one.')
  return { plan: row, changedDeviceIds: dryRun ? [] : applied.changedDeviceIds }
}
