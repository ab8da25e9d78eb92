import { type Kysely, sql } from 'kysely'
import type { ProbeOutcome } from '../netconf/outcome/outcome.ts'
import { type Summary, summaryOf } from './query/device-summary.ts'
import { fetchPage, type Page, type PageRequest } from './query/page.ts'
import {
  addTargets,
  addTargetsOfRetry,
  likeliestTargets,
  pendingTargets,
  type RefreshScope,
  type TargetRow,
  type TargetSelection,
} from './results/refresh-targets.ts'
import type { Database, RefreshState, RefreshTrigger } from './tables/database.ts'
import { isOneOf, jsonList } from './tables/json-values.ts'
import { perDialect } from './tables/per-dialect.ts'

export type { RefreshScope, TargetRow } from './results/refresh-targets.ts'
export {
  REFRESH_STATES,
  REFRESH_TRIGGERS,
  type RefreshState,
  type RefreshTrigger,
} from './tables/database.ts'

/** One refresh. Times are epoch milliseconds. */
export interface RefreshRow {
  id: number
  state: RefreshState
  trigger: RefreshTrigger
  requestedBy: string | null
  scope: RefreshScope
  sync: boolean
  force: boolean
  createdAt: number
  startedAt: number | null
  finishedAt: number | null
  error: string | null
  /** How many devices it is to probe; 0 until its targets are settled. */
  total: number
  /** Counts of the results committed so far. */
  outcomeCounts: Partial<Record<ProbeOutcome, number>>
  /**
   * The refresh that this one retries: it has the same scope, and probes what failed there. Null if it is no
   * retry.
   */
  retryOf: number | null
  /** The counts of all active devices at its end; null until then, and for refreshes of older versions. */
  summary: Summary | null
}

const REFRESH_COLUMNS = [
  'refreshes.id',
  'refreshes.state',
  'refreshes.trigger',
  'refreshes.requested_by as requestedBy',
  'refreshes.scope',
  'refreshes.sync',
  'refreshes.force',
  'refreshes.created_at as createdAt',
  'refreshes.started_at as startedAt',
  'refreshes.finished_at as finishedAt',
  'refreshes.error',
  'refreshes.total',
  'refreshes.outcome_counts as outcomeCounts',
  'refreshes.retry_of as retryOf',
  'refreshes.summary',
] as const

const UNFINISHED = ['QUEUED', 'SYNCING', 'PROBING', 'INTERRUPTED'] as const

const IS_OF_EVERYTHING = perDialect<boolean>({
  sqlite: () =>
    sql`not exists (select 1 from json_each(scope) as part where json_array_length(part.value) > 0)`,
  postgres: () =>
    sql`not exists (select 1 from json_each(scope::json) as part where json_array_length(part.value) > 0)`,
})

/** Refreshes and the devices that each is to probe. */
export class RefreshStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /**
   * Creates a QUEUED refresh; `at` is epoch milliseconds. The targets of a retry are settled at once, if
   * those of `retryOf` are.
   */
  async create(request: {
    trigger: RefreshTrigger
    requestedBy: string | null
    scope: RefreshScope
    sync: boolean
    force: boolean
    at: number
    retryOf?: number
  }): Promise<RefreshRow> {
    const { retryOf = null } = request
    return await this.#db.transaction().execute(async (transaction) => {
      const row = await transaction
        .insertInto('refreshes')
        .values({
          state: 'QUEUED',
          trigger: request.trigger,
          requested_by: request.requestedBy,
          scope: JSON.stringify(request.scope),
          sync: request.sync ? 1 : 0,
          force: request.force ? 1 : 0,
          created_at: request.at,
          retry_of: retryOf,
        })
        .returning(REFRESH_COLUMNS)
        .executeTakeFirstOrThrow()
      const total = retryOf === null ? null : await addTargetsOfRetry(transaction, { id: row.id, retryOf })
      return toRefresh({ ...row, total })
    })
  }

  /** Returns rows in any order; an id that does not exist has none. */
  async byIds(ids: readonly number[]): Promise<RefreshRow[]> {
    const rows = await this.#refreshes().where('id', 'in', jsonList(ids)).execute()
    return rows.map(toRefresh)
  }

  /**
   * Returns refreshes newest first. Without `states`, of every state.
   *
   * @throws RollcallError BAD_USER_INPUT for an invalid request or cursor
   */
  async page(options: {
    states?: readonly RefreshState[] | null | undefined
    page: PageRequest
  }): Promise<Page<RefreshRow>> {
    let refreshes = this.#refreshes()
    if (options.states) refreshes = refreshes.where('state', 'in', jsonList(options.states))
    const order = { name: 'refreshes', direction: 'DESC', keys: [sql.ref('refreshes.id')] } as const
    return await fetchPage(refreshes, order, options.page, toRefresh)
  }

  /** Counts refreshes. Without `states`, of every state. */
  async count(states?: readonly RefreshState[] | null): Promise<number> {
    let refreshes = this.#db.selectFrom('refreshes').select((eb) => eb.fn.countAll<number>().as('count'))
    if (states) refreshes = refreshes.where('state', 'in', jsonList(states))
    const { count } = await refreshes.executeTakeFirstOrThrow()
    return count
  }

  /** Returns QUEUED, SYNCING, PROBING and INTERRUPTED refreshes, oldest first. */
  async unfinished(): Promise<RefreshRow[]> {
    const rows = await this.#refreshes().where('state', 'in', UNFINISHED).orderBy('id').execute()
    return rows.map(toRefresh)
  }

  /** Returns the unfinished refreshes, those with these ids, and those newer than `afterId`, oldest first. */
  async changing({ ids, afterId }: { ids: readonly number[]; afterId: number }): Promise<RefreshRow[]> {
    const rows = await this.#refreshes()
      .where(({ eb, or }) =>
        or([
          eb('state', 'in', UNFINISHED),
          isOneOf(sql.ref('refreshes.id'), ids),
          eb('refreshes.id', '>', afterId),
        ]),
      )
      .orderBy('id')
      .execute()
    return rows.map(toRefresh)
  }

  /** Returns the id of the newest refresh; 0 if there is none. */
  async lastId(): Promise<number> {
    const { id } = await this.#db
      .selectFrom('refreshes')
      .select((eb) => eb.fn.max('id').as('id'))
      .executeTakeFirstOrThrow()
    return id ?? 0
  }

  async lastCompleted(): Promise<RefreshRow | null> {
    const row = await this.#refreshes()
      .where('state', '=', 'COMPLETED')
      .orderBy('finished_at', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row ? toRefresh(row) : null
  }

  /**
   * Returns the newest cycle, a refresh of all devices that also syncs the inventory; null if there is none.
   * Without `state`, of every state.
   */
  async lastCycle(state?: RefreshState, { before }: { before?: number } = {}): Promise<RefreshRow | null> {
    let cycles = this.#refreshes().where('sync', '=', 1).where(IS_OF_EVERYTHING)
    if (state) cycles = cycles.where('state', '=', state)
    if (before !== undefined) cycles = cycles.where('refreshes.id', '<', before)
    // Ordered by id and not by time, because the clock may be set back.
    const row = await cycles.orderBy('id', 'desc').limit(1).executeTakeFirst()
    return row ? toRefresh(row) : null
  }

  /**
   * Changes the fields in the patch, at least one, of a refresh that exists. Times are epoch milliseconds.
   * With `finishedAt`, the counts of all active devices are kept with it.
   */
  async update(
    id: number,
    patch: {
      state?: RefreshState
      startedAt?: number | null
      finishedAt?: number | null
      error?: string | null
    },
  ): Promise<RefreshRow> {
    const summary = patch.finishedAt ? JSON.stringify(await summaryOf(this.#db, {})) : undefined
    const row = await this.#db
      .updateTable('refreshes')
      .set({
        summary,
        state: patch.state,
        started_at: patch.startedAt,
        finished_at: patch.finishedAt,
        error: patch.error,
      })
      .where('id', '=', id)
      .returning(REFRESH_COLUMNS)
      .executeTakeFirstOrThrow()
    return toRefresh(row)
  }

  /**
   * Settles which devices the refresh probes: the active ones in scope; if `probedBefore` is given, only
   * those that were not probed since. Once settled, another call changes nothing.
   *
   * @returns the number of targets
   */
  async addTargets(id: number, options: TargetSelection): Promise<number> {
    return await this.#db.transaction().execute((transaction) => addTargets(transaction, id, options))
  }

  /** Tells whether the targets of the refresh are settled, even if there are none. */
  async hasTargets(id: number): Promise<boolean> {
    const row = await this.#db
      .selectFrom('refreshes')
      .select('id')
      .where('id', '=', id)
      .where('total', 'is not', null)
      .executeTakeFirst()
    return row !== undefined
  }

  /**
   * Returns the targets without a result in this refresh, by country, site and name as they were when
   * settled.
   */
  async pendingTargets(id: number): Promise<TargetRow[]> {
    return await pendingTargets(this.#db, id)
  }

  /** Yields all active devices; first those that were SUPPORTED most recently. */
  likeliestTargets(): AsyncIterable<TargetRow> {
    return likeliestTargets(this.#db)
  }

  #refreshes() {
    return this.#db.selectFrom('refreshes').select(REFRESH_COLUMNS)
  }
}

type SelectedRefresh = Omit<
  RefreshRow,
  'scope' | 'sync' | 'force' | 'total' | 'outcomeCounts' | 'summary'
> & {
  summary: string | null
  scope: string
  sync: number
  force: number
  total: number | null
  outcomeCounts: string
}

function toRefresh(row: SelectedRefresh): RefreshRow {
  return {
    id: row.id,
    state: row.state,
    trigger: row.trigger,
    requestedBy: row.requestedBy,
    scope: JSON.parse(row.scope),
    sync: row.sync === 1,
    force: row.force === 1,
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    error: row.error,
    total: row.total ?? 0,
    outcomeCounts: JSON.parse(row.outcomeCounts),
    retryOf: row.retryOf,
    summary: row.summary === null ? null : JSON.parse(row.summary),
  }
}
