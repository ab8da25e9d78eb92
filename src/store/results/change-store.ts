import { type Kysely, sql, type Transaction } from 'kysely'
import { matchingChanges } from '../query/change-filter.ts'
import { type ChangeFilter, checkFilterSize } from '../query/filters.ts'
import { fetchPage, type Page, type PageRequest, PageSlice } from '../query/page.ts'
import type { ChangeAction, Database } from '../tables/database.ts'
import { columnsOf, jsonList, jsonTable } from '../tables/json-values.ts'
import { isAmong } from '../tables/per-dialect.ts'

export { CHANGE_ACTIONS, type ChangeAction } from '../tables/database.ts'

/** One changed field of a device, as text; null if it had, or has, no value. */
export interface ChangedField {
  field: string
  before: string | null
  after: string | null
}

/** One change of one device. */
export interface ChangeEntry {
  /** Epoch milliseconds. */
  at: number
  /**
   * A token's or user's name, `source:NAME`, or the part of Rollcall that found the change: `refresh`,
   * `known-hosts`.
   */
  actor: string
  action: ChangeAction
  deviceId: number
  fields: readonly ChangedField[]
}

/** One entry of the change log. */
export interface ChangeRow extends ChangeEntry {
  id: number
}

/** Selects the changes of one device, or of all if it is left out, and of them those that match. */
interface ChangeSelection {
  deviceId?: number | null | undefined
  filter?: ChangeFilter | null | undefined
}

const CHANGE_COLUMNS = [
  'changes.id',
  'changes.at',
  'changes.actor',
  'changes.action',
  'changes.device_id as deviceId',
  'changes.fields',
] as const

const NEWEST_FIRST = { name: 'changes', direction: 'DESC', keys: [sql.ref('changes.id')] } as const

/**
 * The change log. Each change of a device is logged in the same transaction; only retention deletes entries.
 */
export class ChangeStore {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  /**
   * Returns changes newest first, in the order of their commits.
   *
   * @throws RollcallError BAD_USER_INPUT for an invalid request or cursor
   */
  async page({ page, ...selection }: ChangeSelection & { page: PageRequest }): Promise<Page<ChangeRow>> {
    return await fetchPage(this.#selected(selection), NEWEST_FIRST, page, toChange)
  }

  /**
   * Returns the same page for each device, by its id, in one statement; a device without changes has none.
   */
  async pagesOfDevices(
    deviceIds: readonly number[],
    page: PageRequest,
  ): Promise<Map<number, Page<ChangeRow>>> {
    const slice = new PageSlice(NEWEST_FIRST, page)
    const devices = jsonTable(
      'given',
      { id: 'integer' },
      deviceIds.map((id) => ({ id })),
    )
    const joined = this.#db.selectFrom(devices).innerJoin('changes', (join) =>
      join.on((eb) => {
        const ofDevice = eb.selectFrom('changes').whereRef('changes.device_id', '=', 'given.id')
        return isAmong(eb.ref('changes.id'), slice.of(ofDevice.select('changes.id')))
      }),
    )
    const rows = await slice.sorted(joined.select(CHANGE_COLUMNS).select(slice.position)).execute()
    const ofDevices = Map.groupBy(rows, ({ deviceId }) => deviceId)
    return new Map([...ofDevices].map(([id, found]) => [id, slice.toPage(found, toChange)]))
  }

  /** Returns the number of changes by device; a device without changes is left out. */
  async countsOfDevices(deviceIds: readonly number[]): Promise<Map<number, number>> {
    const rows = await this.#db
      .selectFrom('changes')
      .select((eb) => ['device_id as deviceId', eb.fn.countAll<number>().as('count')])
      .where('device_id', 'in', jsonList(deviceIds))
      .groupBy('device_id')
      .execute()
    return new Map(rows.map(({ deviceId, count }) => [deviceId, count]))
  }

  async count(selection: ChangeSelection = {}): Promise<number> {
    const { count } = await this.#selected(selection)
      .clearSelect()
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return count
  }

  /** Returns the next changes after this id, at most `limit`, in the order of their ids. */
  async after(id: number, limit: number): Promise<Pick<ChangeRow, 'id' | 'deviceId'>[]> {
    return await this.#db
      .selectFrom('changes')
      .select(['id', 'device_id as deviceId'])
      .where('id', '>', id)
      .orderBy('id')
      .limit(limit)
      .execute()
  }

  /** Returns the id of the newest change; 0 if there is none. */
  async lastId(): Promise<number> {
    const { id } = await this.#db
      .selectFrom('changes')
      .select((eb) => eb.fn.max('id').as('id'))
      .executeTakeFirstOrThrow()
    return id ?? 0
  }

  /** Returns rows in any order; an id that does not exist has none. */
  async byIds(ids: readonly number[]): Promise<ChangeRow[]> {
    const rows = await this.#selected({}).where('id', 'in', jsonList(ids)).execute()
    return rows.map(toChange)
  }

  #selected({ deviceId, filter }: ChangeSelection) {
    if (filter) checkFilterSize(filter)
    let changes = this.#db.selectFrom('changes').select(CHANGE_COLUMNS)
    if (typeof deviceId === 'number') changes = changes.where('device_id', '=', deviceId)
    return filter ? changes.where(matchingChanges(filter)) : changes
  }
}

/** Converts a row; drops the further columns that a page selects. */
function toChange(row: Omit<ChangeRow, 'fields'> & { fields: string }): ChangeRow {
  const { id, at, actor, action, deviceId } = row
  return { id, at, actor, action, deviceId, fields: JSON.parse(row.fields) }
}

/** Appends entries to the change log in their order, by one statement; none if the list is empty. */
export async function recordChanges(
  transaction: Transaction<Database>,
  entries: readonly ChangeEntry[],
): Promise<void> {
  if (entries.length === 0) return
  const kinds = { at: 'integer', actor: 'text', action: 'text', deviceId: 'integer', fields: 'text' } as const
  const rows = entries.map((entry) => ({ ...entry, fields: JSON.stringify(entry.fields) }))
  await transaction
    .insertInto('changes')
    .columns(['at', 'actor', 'action', 'device_id', 'fields'])
    .expression((eb) => eb.selectFrom(jsonTable('given', kinds, rows)).select(columnsOf(kinds)))
    .execute()
}
