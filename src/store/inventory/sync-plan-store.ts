import { type Kysely, sql, type Transaction } from 'kysely'
import { shown } from '../../inventory/check-record.ts'
import { numberedRecords } from '../../inventory/positions.ts'
import type { Inventory } from '../../inventory/record.ts'
import { fetchPage, type Page, type PageRequest } from '../query/page.ts'
import type { Database, SyncPlanState } from '../tables/database.ts'
import { jsonList } from '../tables/json-values.ts'
import type { RecordConflict } from './inventory-apply.ts'

export { SYNC_PLAN_STATES } from '../tables/database.ts'

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

const PLAN_COLUMNS = [
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

/** The plans of all syncs. `InventoryStore.sync` records those that were applied or await approval. */
export class SyncPlanStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /**
   * Returns plans newest first. Without `states`, of every state.
   *
   * @throws RollcallError BAD_USER_INPUT for an invalid request or cursor
   */
  async page({
    states,
    page,
  }: {
    states?: readonly SyncPlanState[] | null | undefined
    page: PageRequest
  }): Promise<Page<SyncPlanRow>> {
    let plans = this.#db.selectFrom('sync_plans').select(PLAN_COLUMNS)
    if (states) plans = plans.where('state', 'in', jsonList(states))
    const order = { name: 'sync plans', direction: 'DESC', keys: [sql.ref('id')] } as const
    return await fetchPage(plans, order, page, toPlanRow)
  }

  async count(states?: readonly SyncPlanState[] | null): Promise<number> {
    let plans = this.#db.selectFrom('sync_plans').select((eb) => eb.fn.countAll<number>().as('count'))
    if (states) plans = plans.where('state', 'in', jsonList(states))
    return (await plans.executeTakeFirstOrThrow()).count
  }

  /** Returns rows in any order; an id that does not exist has none. */
  async byIds(ids: readonly number[]): Promise<SyncPlanRow[]> {
    const rows = await this.#db
      .selectFrom('sync_plans')
      .select(PLAN_COLUMNS)
      .where('id', 'in', jsonList(ids))
      .execute()
    return rows.map(toPlanRow)
  }

  /** Records a plan without a sync: one that failed. */
  async record(plan: NewSyncPlan): Promise<SyncPlanRow> {
    return await this.#db.transaction().execute((transaction) => recordPlan(transaction, plan))
  }

  /**
   * Decides a plan. Returns null, without a change, if there is no such plan or it does not await approval.
   */
  async decide(
    id: number,
    { state, at, by }: { state: 'REJECTED'; at: number; by: string | null },
  ): Promise<SyncPlanRow | null> {
    const row = await this.#db
      .updateTable('sync_plans')
      .set({ state, decided_at: at, decided_by: by })
      .where('id', '=', id)
      .where('state', '=', 'AWAITING_APPROVAL')
      .returning(PLAN_COLUMNS)
      .executeTakeFirst()
    return row ? toPlanRow(row) : null
  }
}

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
function toPlanRow(
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

/** A limit: if every record of a large source is bad, each sync would add all of them to the database. */
const MAX_REJECTED_ROWS = 1_000

/**
 * Returns the records that cannot be used, and those that conflict with stored devices, in the source's
 * order.
 */
export function rejectedRows(inventory: Inventory, conflicts: readonly RecordConflict[] = []): RejectedRow[] {
  const rows: RejectedRow[] = inventory.rejected.map(({ position, record, reason }) => ({
    position,
    record,
    reason,
  }))
  if (conflicts.length > 0) {
    const reasons = new Map(conflicts.map(({ record, reason }) => [record, reason]))
    for (const [position, record] of numberedRecords(inventory)) {
      const reason = reasons.get(record)
      if (reason !== undefined) rows.push({ position, record: shown(record), reason })
    }
    rows.sort((one, other) => one.position - other.position)
  }
  const further = rows[MAX_REJECTED_ROWS]
  if (further === undefined) return rows
  const reason = `From here on ${rows.length - MAX_REJECTED_ROWS} more records could not be used; correct those above first.`
  return [...rows.slice(0, MAX_REJECTED_ROWS), { ...further, reason }]
}
