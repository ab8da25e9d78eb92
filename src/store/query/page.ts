import { type Expression, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { RollcallError } from '../../base/errors.ts'
import type { Database } from '../tables/database.ts'
import { perDialect, sortedOnly, unindexed } from '../tables/per-dialect.ts'
import { decodePageCursor, encodePageCursor, type PagePosition } from './cursors.ts'

/**
 * Exactly one of `first` and `last` is given; cursors come from a page of the same list in the same order.
 */
export interface PageRequest {
  first?: number | null | undefined
  after?: string | null | undefined
  last?: number | null | undefined
  before?: string | null | undefined
}

/** A page in the list's order, even if it was requested from the end. */
export interface Page<T> {
  items: T[]
  /** The cursor of each item. They are written when they are read, which for most pages is never. */
  readonly cursors: string[]
  /** The cursors of the first and of the last item; null if there is none. */
  readonly startCursor: string | null
  readonly endCursor: string | null
  hasNextPage: boolean
  hasPreviousPage: boolean
}

export type Direction = 'ASC' | 'DESC'

/** A total order: no two rows are equal in all keys, and no key is ever null. */
export interface Order {
  /** Identifies the list and order that a cursor belongs to. */
  name: string
  /** The same for all keys. */
  direction: Direction
  keys: readonly Expression<unknown>[]
  /**
   * How many of the keys belong to the outermost table, for an order over tables that are joined one within
   * the other. Each further key is a text of the next table inwards. Default: all keys belong to one table.
   */
  outerKeys?: number
}

/** Returns the same order for a statement that finds its rows by another condition and sorts them. */
export function withoutIndex({ name, direction, keys }: Order): Order {
  return { name, direction, keys: keys.map(sortedOnly) }
}

/** A condition on the rows of a page; a function if it depends on which part of the list the page is. */
export type PageCondition = Expression<SqlBool> | ((slice: PageSlice) => Expression<SqlBool>)

/**
 * Fetches one page of the rows that the query selects; the query must have no order and no limit yet.
 *
 * @param condition a further condition on the rows. It comes after the page's bounds, because SQLite starts
 * at the first of several bounds on the same column
 * @throws RollcallError BAD_USER_INPUT for an invalid request or cursor
 */
export async function fetchPage<TB extends keyof Database, O, T>(
  query: SelectQueryBuilder<Database, TB, O>,
  order: Order,
  request: PageRequest,
  toItem: (row: O) => T,
  condition?: PageCondition,
): Promise<Page<T>> {
  const slice = new PageSlice(order, request)
  const rows = slice.of(query.select(slice.position))
  const further = typeof condition === 'function' ? condition(slice) : condition
  return slice.toPage(await (further ? rows.where(further) : rows).execute(), toItem)
}

/**
 * The part of a list that is a page, for callers that fetch the pages of several lists in one statement.
 *
 * @throws RollcallError BAD_USER_INPUT for an invalid request or cursor
 */
export class PageSlice {
  readonly #order: Order
  readonly #request: PageRequest
  readonly #size: number
  readonly #fromEnd: boolean
  readonly #bounds: readonly Expression<SqlBool>[]

  constructor(order: Order, request: PageRequest) {
    const { size, fromEnd } = sizeOf(request)
    const upwards = order.direction === 'ASC'
    this.#order = order
    this.#request = request
    this.#size = size
    this.#fromEnd = fromEnd
    this.#bounds = [
      ...(request.after ? boundsBeyond(order, decodePageCursor(request.after, order), upwards) : []),
      ...(request.before ? boundsBeyond(order, decodePageCursor(request.before, order), !upwards) : []),
    ]
  }

  /** The same part, for a statement that finds its rows by another condition and sorts them. */
  withoutIndex(): PageSlice {
    return new PageSlice(withoutIndex(this.#order), this.#request)
  }

  /** A column to select with each row that is passed to `toPage`. */
  get position() {
    const keys = sql.join(this.#order.keys)
    return perDialect<string>({
      sqlite: () => sql`json_array(${keys})`,
      postgres: () => sql`json_build_array(${keys})::text`,
    }).as('position')
  }

  /** Limits the query to the rows of the page, and one more if there is one. */
  of<DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>): SelectQueryBuilder<DB, TB, O> {
    let rows = query
    for (const bound of this.#bounds) rows = rows.where(bound)
    return this.sorted(rows).limit(this.#size + 1)
  }

  sorted<DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>): SelectQueryBuilder<DB, TB, O> {
    const upwards = this.#order.direction === 'ASC'
    let rows = query
    for (const key of this.#order.keys) rows = rows.orderBy(key, upwards === this.#fromEnd ? 'desc' : 'asc')
    return rows
  }

  /** @param found the rows of `of`, in the order of `sorted` */
  toPage<O extends { position: string }, T>(found: readonly O[], toItem: (row: O) => T): Page<T> {
    const more = found.length > this.#size
    const page = found.slice(0, this.#size)
    if (this.#fromEnd) page.reverse()
    const positions = page.map(({ position }) => position)
    const cursorOf = (position: string) => encodePageCursor(this.#order, position)
    const cursorAt = (index: number) => {
      const position = positions.at(index)
      return position === undefined ? null : cursorOf(position)
    }
    let cursors: string[] | undefined
    return {
      items: page.map((row) => toItem(row)),
      get cursors() {
        cursors ??= positions.map(cursorOf)
        return cursors
      },
      get startCursor() {
        return cursorAt(0)
      },
      get endCursor() {
        return cursorAt(-1)
      },
      hasNextPage: this.#fromEnd ? Boolean(this.#request.before) : more,
      hasPreviousPage: this.#fromEnd ? more : Boolean(this.#request.after),
    }
  }
}

/**
 * @throws RollcallError BAD_USER_INPUT unless exactly one of `first` and `last` is given, and is at least 0
 */
export function sizeOf({ first, last }: PageRequest): { size: number; fromEnd: boolean } {
  const size = first ?? last
  if (typeof size !== 'number' || (typeof first === 'number' && typeof last === 'number')) {
    throw new RollcallError('BAD_USER_INPUT', 'Give one of `first` and `last`, not both.')
  }
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new RollcallError('BAD_USER_INPUT', `A page cannot have ${size} items; give 0 or more.`)
  }
  return { size, fromEnd: typeof first !== 'number' }
}

/** Values that sort below and above every text. */
const EXTREMES = {
  upwards: sql`''`,
  // In SQLite a blob is above every text. In PostgreSQL this is above every name of up to 255 characters.
  downwards: perDialect({ sqlite: () => sql`x''`, postgres: () => sql`repeat(chr(1114111), 256)` }),
}

/** Returns bounds on the rows on one side of the position, so that SQLite starts there in its indexes. */
function boundsBeyond(
  { keys, outerKeys = keys.length }: Order,
  position: PagePosition,
  upwards: boolean,
): Expression<SqlBool>[] {
  const strictly = upwards ? sql`>` : sql`<`
  const [outer, ...inner] = [keys.slice(0, outerKeys), ...keys.slice(outerKeys).map((key) => [key])]
  const whole = (row: readonly Expression<unknown>[], comparison: Expression<unknown>) =>
    sql<SqlBool>`(${sql.join(row)}) ${comparison} (${sql.join(position.slice(0, row.length))})`
  if (!outer || inner.length === 0) return [whole(keys, strictly)]
  const atLeast = upwards ? sql`>=` : sql`<=`
  const extreme = upwards ? EXTREMES.upwards : EXTREMES.downwards
  return [
    whole(outer, atLeast),
    ...inner.map(([key], index) => {
      const around = outerKeys + index
      const isSame = whole(keys.slice(0, around), sql`=`)
      return sql<SqlBool>`${key} ${atLeast} case when ${isSame} then ${position[around]} else ${extreme} end`
    }),
    // The bounds so far serve the indexes, but include the position itself. This one excludes it.
    whole(keys.map(unindexed), strictly),
  ]
}
