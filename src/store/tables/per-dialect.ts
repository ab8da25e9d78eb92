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

/**
 * Returns the value of an expression in a form for which SQLite uses no index. PostgreSQL has statistics and
 * chooses by itself.
 */
export function unindexed<T>(value: Expression<T>): Expression<T> {
  return perDialect<T>({ sqlite: () => sql<T>`+${value}`, postgres: () => value })
}

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
