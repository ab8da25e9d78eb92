import { type Expression, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { RollcallError } from '../../base/errors.ts'
import type { Database } from '../tables/database.ts'

/** One of `first` and `last` is given; cursors are those of a page of the same list in the same order. */
export interface PageRequest {
  first?: number | null | undefined
  after?: string | null | undefined
  last?: number | null | undefined
  before?: string | null | undefined
}

/** Always in the list's order, also where it was asked for from the end. */
export interface Page<T> {
  items: T[]
  /** The cursor of each item. */
  cursors: string[]
  hasNextPage: boolean
  hasPreviousPage: boolean
}

export type Direction = 'ASC' | 'DESC'

/** A total order: together its keys tell any two rows apart, and none of them is ever null. */
export interface Order {
  /** Tells the cursors of one list and order from those of another. */
  name: string
  /** Of all keys alike. */
  direction: Direction
  keys: readonly Expression<unknown>[]
  /**
   * For an order over several tables, joined one within the other: how many of the keys are of the outermost. Each of the
   * others is a text, and of the next table further in. Default: all are of one table.
   */
  outerKeys?: number
}

/** The same order for a statement that is to find its rows by something else, and to sort them. */
export function withoutIndex({ name, direction, keys }: Order): Order {
  return { name, direction, keys: keys.map((key) => sql`+${key}`) }
}

type Position = readonly (string | number)[]

/**
 * One page of what the query selects; the query must have no order and no limit yet.
 *
 * @param condition what else the rows must meet. It comes after the page's bounds: of several on the same column SQLite
 * begins at the first
 * @throws RollcallError BAD_USER_INPUT for a request or a cursor that makes no sense.
 */
export async function fetchPage<TB extends keyof Database, O, T>(
  query: SelectQueryBuilder<Database, TB, O>,
  order: Order,
  request: PageRequest,
  toItem: (row: O) => T,
  condition?: Expression<SqlBool>,
): Promise<Page<T>> {
  const slice = new PageSlice(order, request)
  const rows = slice.of(query.select(slice.position))
  return slice.toPage(await (condition ? rows.where(condition) : rows).execute(), toItem)
}

/**
 * The part of a list that is a page, for whoever fetches the pages of several lists at once.
 *
 * @throws RollcallError BAD_USER_INPUT for a request or a cursor that makes no sense.
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
      ...(request.after ? boundsBeyond(order, positionOf(request.after, order), upwards) : []),
      ...(request.before ? boundsBeyond(order, positionOf(request.before, order), !upwards) : []),
    ]
  }

  /** To be selected with each row that `toPage` is given. */
  get position() {
    return sql<string>`json_array(${sql.join(this.#order.keys)})`.as('position')
  }

  /** Leaves of what the query selects the rows of the page, and one more where there is more. */
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

  /** @param found what `of` has left, sorted so */
  toPage<O extends { position: string }, T>(found: readonly O[], toItem: (row: O) => T): Page<T> {
    const more = found.length > this.#size
    const page = found.slice(0, this.#size)
    if (this.#fromEnd) page.reverse()
    return {
      items: page.map((row) => toItem(row)),
      cursors: page.map((row) => cursorOf(this.#order, row.position)),
      hasNextPage: this.#fromEnd ? Boolean(this.#request.before) : more,
      hasPreviousPage: this.#fromEnd ? more : Boolean(this.#request.after),
    }
  }
}

/** @throws RollcallError BAD_USER_INPUT where not exactly one of `first` and `last` is given, or for one below 0. */
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

/** What is above every text, and below. */
const EXTREMES = { upwards: sql`''`, downwards: sql`x''` }

/** What the rows on one side of the position have in common, so that SQLite finds them from there on through its indexes. */
function boundsBeyond(
  { keys, outerKeys = keys.length }: Order,
  position: Position,
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
    // The bounds so far leave the row at the position itself, and serve the indexes; this one serves none.
    whole(
      keys.map((key) => sql`+${key}`),
      strictly,
    ),
  ]
}

function cursorOf(order: Order, position: string): string {
  return Buffer.from(JSON.stringify([tagOf(order), position])).toString('base64url')
}

function positionOf(cursor: string, order: Order): Position {
  const position = decoded(cursor, order)
  if (position) return position
  throw new RollcallError(
    'BAD_USER_INPUT',
    `The cursor "${cursor.slice(0, 100)}" is not one of this list; take it from a page of the same list in the same order.`,
  )
}

function decoded(cursor: string, order: Order): Position | null {
  try {
    const [tag, text]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (tag !== tagOf(order) || typeof text !== 'string') return null
    const position: unknown = JSON.parse(text)
    if (!Array.isArray(position) || position.length !== order.keys.length) return null
    return position.every((value) => typeof value === 'string' || typeof value === 'number') ? position : null
  } catch {
    // Not JSON, or not a list: whatever it is, it is no cursor.
    return null
  }
}

function tagOf({ name, direction }: Order): string {
  return `${name} ${direction}`
}
