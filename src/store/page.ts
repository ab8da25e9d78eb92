import { type Expression, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { RollcallError } from '../base/errors.ts'
import type { Database } from './database.ts'

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
}

type Position = readonly (string | number)[]

/**
 * One page of what the query selects; the query must have no order and no limit yet.
 *
 * @throws RollcallError BAD_USER_INPUT for a request or a cursor that makes no sense.
 */
export async function fetchPage<TB extends keyof Database, O, T>(
  query: SelectQueryBuilder<Database, TB, O>,
  order: Order,
  request: PageRequest,
  toItem: (row: O) => T,
): Promise<Page<T>> {
  const { size, fromEnd } = sizeOf(request)
  const upwards = order.direction === 'ASC'
  let rows = query.select(sql<string>`json_array(${sql.join(order.keys)})`.as('position'))
  if (request.after) rows = rows.where(beyond(order, positionOf(request.after, order), upwards))
  if (request.before) rows = rows.where(beyond(order, positionOf(request.before, order), !upwards))
  for (const key of order.keys) rows = rows.orderBy(key, upwards === fromEnd ? 'desc' : 'asc')
  const found = await rows.limit(size + 1).execute()
  const more = found.length > size
  const page = found.slice(0, size)
  if (fromEnd) page.reverse()
  return {
    items: page.map((row) => toItem(row)),
    cursors: page.map((row) => cursorOf(order, row.position)),
    hasNextPage: fromEnd ? Boolean(request.before) : more,
    hasPreviousPage: fromEnd ? more : Boolean(request.after),
  }
}

function sizeOf({ first, last }: PageRequest): { size: number; fromEnd: boolean } {
  const size = first ?? last
  if (typeof size !== 'number' || (typeof first === 'number' && typeof last === 'number')) {
    throw new RollcallError('BAD_USER_INPUT', 'Give one of `first` and `last`, not both.')
  }
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new RollcallError('BAD_USER_INPUT', `A page cannot have ${size} items; give 0 or more.`)
  }
  return { size, fromEnd: typeof first !== 'number' }
}

function beyond({ keys }: Order, position: Position, upwards: boolean): Expression<SqlBool> {
  const comparison = upwards ? sql`>` : sql`<`
  return sql<SqlBool>`(${sql.join(keys)}) ${comparison} (${sql.join(position)})`
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
