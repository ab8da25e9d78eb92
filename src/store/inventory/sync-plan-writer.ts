import type { Transaction } from 'kysely'
import type { Database, SyncPlanState } from '../tables/database.ts'

/** The changes that a sync of one source planned, and the result. Times are epoch milliseconds. */
export interface SyncPlanRow {
  id: number
  source: string
  state: SyncPlanState
  /** A sentence that says why it awaits approval or failed; null otherwise. */
  reason: string | null
  created: number
  /** Includes restored devices. */
  updated: number
  /** If it awaits approval: how many it would decommission. */
  decommissioned: number
  /** Devices that change their site or country. `updated` includes them, unless the moves await approval. */
  moved: number
  unchanged: number
  rejected: RejectedRow[]
  /** Sentences about records that were accepted but may be wrong. */
  warnings: string[]
  /** The digest of the changes that await approval; see `digestOf`. */
  digest: string
  plannedAt: number
  /** When it was approved or rejected, or expired; null otherwise. */
  decidedAt: number | null
  decidedBy: string | null
}

/** A record that could not be used. */
export interface RejectedRow {
  /** 1-based. */
  position: number
  record: string
  reason: string
}

export type NewSyncPlan = Omit<SyncPlanRow, 'id'>

export const PLAN_COLUMNS = [
  'id',
  'source',
  'state',
  'reason',
  'created',
  'updated',
  'decommissioned',
  'moved',
  'unchanged',
  'rejected',
  'warnings',
  'digest',
  'planned_at as plannedAt',
  'decided_at as decidedAt',
  'decided_by as decidedBy',
] as const

/** Adds a plan. Unless it failed or is a dry run, an older one of its source that awaits approval expires. */
export async function recordPlan(
  transaction: Transaction<Database>,
  plan: NewSyncPlan,
): Promise<SyncPlanRow> {
  if (plan.state === 'APPLIED' || plan.state === 'AWAITING_APPROVAL') {
    await transaction
      .updateTable('sync_plans')
      .set({ state: 'EXPIRED', decided_at: plan.plannedAt })
      .where('state', '=', 'AWAITING_APPROVAL')
      .where('source', '=', plan.source)
      .execute()
  }
  const row = await transaction
    .insertInto('sync_plans')
    .values(toColumns(plan))
    .returning(PLAN_COLUMNS)
    .executeTakeFirstOrThrow()
  return toPlanRow(row)
}

/**
 * Replaces a plan that awaits approval by its result. Returns null, without a change, if it does not await
 * approval.
 */
export async function settlePlan(
  transaction: Transaction<Database>,
  id: number,
  plan: NewSyncPlan,
): Promise<SyncPlanRow | null> {
  const row = await transaction
    .updateTable('sync_plans')
    .set(toColumns(plan))
    .where('id', '=', id)
    .where('state', '=', 'AWAITING_APPROVAL')
    .returning(PLAN_COLUMNS)
    .executeTakeFirst()
  return row ? toPlanRow(row) : null
}

function toColumns({ plannedAt, decidedAt, decidedBy, rejected, warnings, ...plan }: NewSyncPlan) {
  return {
    ...plan,
    rejected: JSON.stringify(rejected),
    warnings: JSON.stringify(warnings),
    planned_at: plannedAt,
    decided_at: decidedAt,
    decided_by: decidedBy,
  }
}

/** Converts a row; drops the further columns that a page selects. */
export function toPlanRow(
  row: Omit<SyncPlanRow, 'rejected' | 'warnings'> & { rejected: string; warnings: string },
): SyncPlanRow {
  return {
    id: row.id,
    source: row.source,
    state: row.state,
    reason: row.reason,
    created: row.created,
    updated: row.updated,
    decommissioned: row.decommissioned,
    moved: row.moved,
    unchanged: row.unchanged,
    rejected: JSON.parse(row.rejected),
    warnings: JSON.parse(row.warnings),
    digest: row.digest,
    plannedAt: row.plannedAt,
    decidedAt: row.decidedAt,
    decidedBy: row.decidedBy,
  }
}
