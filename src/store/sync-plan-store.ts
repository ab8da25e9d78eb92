import { type Kysely, sql } from 'kysely'
import {
  type NewSyncPlan,
  PLAN_COLUMNS,
  recordPlan,
  type SyncPlanRow,
  toPlanRow,
} from './inventory/sync-plan-writer.ts'
import { fetchPage, type Page, type PageRequest } from './query/page.ts'
import type { Database, SyncPlanState } from './tables/database.ts'
import { jsonList } from './tables/json-values.ts'

export type { NewSyncPlan, RejectedRow, SyncPlanRow } from './inventory/sync-plan-writer.ts'
export { SYNC_PLAN_STATES } from './tables/database.ts'

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
