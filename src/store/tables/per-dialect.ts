import { type Expression, ExpressionWrapper, type OperationNode, RawNode, type SqlBool, sql } from 'kysely'
import type { Database } from './database.ts'

/** The two ways to write an expression. Each is called when a statement is compiled for its database. */
interface Variants<T> {
  sqlite: () => Expression<T>
  postgres: () => Expression<T>
}

/**
 * A part of a statement that SQLite and PostgreSQL write differently. Statements are built without knowing
 * the database: Kysely's compiler for SQLite compiles this node as the raw SQL that it appears to be, and
 * `PostgresCompiler` asks it for `postgres`.
 */
export class PerDialectNode implements RawNode {
  readonly kind = 'RawNode'
  readonly #sqlite: () => Expression<unknown>
  readonly #postgres: () => Expression<unknown>
  #raw: RawNode | undefined

  constructor({ sqlite, postgres }: Variants<unknown>) {
    this.#sqlite = sqlite
    this.#postgres = postgres
  }

  get sqlFragments(): readonly string[] {
    return this.#forSqlite().sqlFragments
  }

  get parameters(): readonly OperationNode[] {
    return this.#forSqlite().parameters
  }

  get postgres(): OperationNode {
    return this.#postgres().toOperationNode()
  }

  #forSqlite(): RawNode {
    this.#raw ??= RawNode.createWithChild(this.#sqlite().toOperationNode())
    return this.#raw
  }
}

/** Returns an expression that is written differently for each database. */
export function perDialect<T>(variants: Variants<T>): ExpressionWrapper<Database, never, T> {
  return new ExpressionWrapper<Database, never, T>(new PerDialectNode(variants))
}

/** A `where` for an insert from a select: without one, SQLite parses `on conflict` as the `on` of a join. */
export const ALWAYS: Expression<boolean> = sql<boolean>`true`

/** The time by the clock of the database, in epoch milliseconds. */
export const DATABASE_NOW: ExpressionWrapper<Database, never, number> = perDialect<number>({
  sqlite: () => sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
  postgres: () => sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`,
})

/** The size of the database in bytes, without the write-ahead log. */
export const DATABASE_BYTES: ExpressionWrapper<Database, never, number> = perDialect<number>({
  sqlite: () => sql<number>`(select page_count * page_size from pragma_page_count, pragma_page_size)`,
  postgres: () => sql<number>`pg_database_size(current_database())`,
})

/**
 * Returns the value of an expression in a form for which SQLite uses no index. PostgreSQL has statistics and
 * chooses by itself.
 */
export function unindexed<T>(value: Expression<T>): Expression<T> {
  return perDialect<T>({ sqlite: () => sql<T>`+${value}`, postgres: () => value })
}

/**
 * Returns a key of an order in a form for which neither database uses an index. PostgreSQL may take the few
 * rows that match for many, and would scan the index of the order until it has found them.
 */
export function sortedOnly<T>(key: Expression<T>): Expression<T> {
  return perDialect<T>({ sqlite: () => sql<T>`+${key}`, postgres: () => sql<T>`coalesce(${key}, ${key})` })
}

/** A row of another table that a row refers to, or that refers to it: one, or none. */
interface RelatedRow {
  table: keyof Database
  /** The column that identifies the row in its table. */
  key: string
  /** The column of this row with the same value. */
  of: string
  /** Whether the table is small enough to be read for one statement. */
  isSmall: boolean
}

/**
 * Tells whether the related row is there and meets a condition. SQLite takes the value of a subquery.
 * PostgreSQL would run that for each row, which takes seconds for a million.
 *
 * @param isJoined whether PostgreSQL joins the table, or reads what it needs of a small one once. The time
 * that it takes to plan that grows with the square of the number of such conditions
 */
export function relatedRowMeets(
  { table, key, of, isSmall }: RelatedRow,
  condition: Expression<unknown>,
  isJoined: boolean,
): Expression<SqlBool> {
  const [from, column, value] = [sql.table(table), sql.ref(key), sql.ref(of)]
  const looked = sql<SqlBool>`(select ${condition} from ${from} where ${column} = ${value})`
  const joined = isSmall
    ? sql<SqlBool>`${value} in (select ${column} from ${from} where ${condition})`
    : sql<SqlBool>`exists (select from ${from} where ${column} = ${value} and ${condition})`
  return perDialect<SqlBool>({ sqlite: () => looked, postgres: () => (isJoined ? joined : looked) })
}

/**
 * The name of the country of a site, for a statement that joins both. PostgreSQL cannot sort by columns of
 * two tables through indexes, so `sites` has the name as well there, kept by triggers.
 */
export const COUNTRY_OF_SITE: ExpressionWrapper<Database, never, string> = perDialect<string>({
  sqlite: () => sql.ref<string>('countries.name'),
  postgres: () => sql.ref<string>('sites.country_name'),
})

/**
 * Tells whether a value is among those that a query finds, which depends on the row that is joined before.
 * PostgreSQL looks the values of an array up in an index; for an `in` it would read every row.
 */
export function isAmong(value: Expression<unknown>, query: Expression<unknown>): Expression<SqlBool> {
  return perDialect<SqlBool>({
    sqlite: () => sql`${value} in ${query}`,
    postgres: () => sql`${value} = any(array${query})`,
  })
}
