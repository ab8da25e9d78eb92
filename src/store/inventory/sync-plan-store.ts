import { type Kysely, sql, type Transaction } from 'kysely'
import { shown } from '../../inventory/check-record.ts'
import { type Inventory, numberedRecords } from '../../inventory/record.ts'
import { fetchPage, type Page, type PageRequest, PageSlice } from '../query/page.ts'
import type { ChangeAction, Database, SyncPlanState } from '../tables/database.ts'
import { jsonList, jsonTable } from '../tables/json-values.ts'
import { isAmong } from '../tables/per-dialect.ts'
import type { RecordConflict } from './inventory-apply.ts'
import type { PlannedChange } from './planned-changes.ts'

export { SYNC_PLAN_STATES } from '../tables/database.ts'
export type { PlannedChange } from './planned-changes.ts'

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
  /** The id of the list of its changes; null if there is none. */
  changeSetId: number | null
}

/** A record that could not be used. */
export interface RejectedRow {
  /** 1-based. */
  position: number
  record: string
  reason: string
}

export type NewSyncPlan = Omit<SyncPlanRow, 'id' | 'changeSetId'>

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
  'change_set_id as changeSetId',
] as const

const CHANGE_COLUMNS = [
  'planned_changes.set_id as setId',
  'planned_changes.action',
  'planned_changes.device_id as deviceId',
  'planned_changes.name',
  'planned_changes.site',
  'planned_changes.country',
  'planned_changes.fields',
] as const

const BY_NAME = {
  name: 'planned changes',
  direction: 'ASC',
  keys: [sql.ref('planned_changes.name'), sql.ref('planned_changes.action'), sql.ref('planned_changes.id')],
} as const

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

  /**
   * Returns the first of the plans of a source, up to this one, that follow each other with the same changes
   * waiting. Failed plans and dry runs between them do not count.
   */
  async firstAlike({
    id,
    source,
    digest,
  }: Pick<SyncPlanRow, 'id' | 'source' | 'digest'>): Promise<Pick<SyncPlanRow, 'id' | 'plannedAt'>> {
    const plans = this.#db
      .selectFrom('sync_plans')
      .where('source', '=', source)
      .where('state', 'not in', ['FAILED', 'DRY_RUN'])
      .where('id', '<=', id)
    const other = await plans
      .where('digest', '!=', digest)
      .select((eb) => eb.fn.max('id').as('id'))
      .executeTakeFirstOrThrow()
    return await plans
      .where('id', '>', other.id ?? 0)
      .select(['id', 'planned_at as plannedAt'])
      .orderBy('id')
      .executeTakeFirstOrThrow()
  }

  /**
   * Returns the same page of changes, in the order of names, for each list by its id; see
   * `SyncPlanRow.changeSetId`. A list without such changes has none.
   *
   * @param options.action only changes with this action; without it, all
   * @throws RollcallError BAD_USER_INPUT for an invalid request or cursor
   */
  async pagesOfChanges(
    setIds: readonly number[],
    { action, page }: { action?: ChangeAction | null | undefined; page: PageRequest },
  ): Promise<Map<number, Page<PlannedChange>>> {
    const slice = new PageSlice(BY_NAME, page)
    const sets = jsonTable(
      'given',
      { id: 'integer' },
      setIds.map((id) => ({ id })),
    )
    const joined = this.#db.selectFrom(sets).innerJoin('planned_changes', (join) =>
      join.on((eb) => {
        const ofSet = eb
          .selectFrom('planned_changes')
          .select('planned_changes.id')
          .whereRef('planned_changes.set_id', '=', 'given.id')
        const found = action ? ofSet.where('planned_changes.action', '=', action) : ofSet
        return isAmong(eb.ref('planned_changes.id'), slice.of(found))
      }),
    )
    const rows = await slice.sorted(joined.select(CHANGE_COLUMNS).select(slice.position)).execute()
    const ofSets = Map.groupBy(rows, ({ setId }) => setId)
    return new Map([...ofSets].map(([id, found]) => [id, slice.toPage(found, toChange)]))
  }

  /** Returns the number of changes by the id of their list; a list without such changes is left out. */
  async countsOfChanges(
    setIds: readonly number[],
    action?: ChangeAction | null,
  ): Promise<Map<number, number>> {
    let changes = this.#db
      .selectFrom('planned_changes')
      .select((eb) => ['set_id as setId', eb.fn.countAll<number>().as('count')])
      .where('set_id', 'in', jsonList(setIds))
    if (action) changes = changes.where('action', '=', action)
    const rows = await changes.groupBy('set_id').execute()
    return new Map(rows.map(({ setId, count }) => [setId, count]))
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
  changeSetId: number | null = null,
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
    .values(toColumns({ ...plan, changeSetId }))
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
  plan: Omit<SyncPlanRow, 'id'>,
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

function toColumns({
  plannedAt,
  decidedAt,
  decidedBy,
  changeSetId,
  rejected,
  warnings,
  ...plan
}: Omit<SyncPlanRow, 'id'>) {
  return {
    ...plan,
    rejected: JSON.stringify(rejected),
    warnings: JSON.stringify(warnings),
    planned_at: plannedAt,
    decided_at: decidedAt,
    decided_by: decidedBy,
    change_set_id: changeSetId,
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
    changeSetId: row.changeSetId,
  }
}

/** Converts a row; drops the further columns that a page selects. */
function toChange(row: Omit<PlannedChange, 'fields'> & { fields: string }): PlannedChange {
  const { action, deviceId, name, site, country } = row
  return { action, deviceId, name, site, country, fields: JSON.parse(row.fields) }
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
  const reason =
    `From here on ${rows.length - MAX_REJECTED_ROWS} more records could not be used; ` +
    'correct those above first.'
  return [...rows.slice(0, MAX_REJECTED_ROWS), { ...further, reason }]
}
