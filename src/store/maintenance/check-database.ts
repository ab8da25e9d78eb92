import { type Kysely, sql } from 'kysely'
import { RollcallError } from '../../base/errors.ts'
import { isPostgresUrl } from '../../config/postgres-url.ts'
import type { InspectedDatabase } from '../opening/open-database.ts'
import type { PostgresLogin } from '../postgres/open.ts'
import { missingPart } from '../sqlite/migrate.ts'
import { inspectSqlite } from '../sqlite/open.ts'
import { primaryCodeOf } from '../sqlite/sqlite-failure.ts'
import type { Database } from '../tables/database.ts'

/** The most problems of one kind that are listed. */
const MOST_LISTED = 20

export interface DatabaseCheck {
  database: string
  /** The migrations that the database lacks; they run when a gateway starts. */
  due: readonly string[]
  /** The number of rows of each table, by name; null if they cannot be read. */
  rows: Record<string, number | null>
  /** Sentences; empty if nothing is wrong. */
  problems: string[]
}

/**
 * Checks a database, which a gateway may be using; writes nothing. SQLite: the whole file, the foreign keys
 * and the schema. PostgreSQL keeps foreign keys itself, and its files are for `pg_amcheck` to check.
 *
 * @throws RollcallError as `openStore` does, if the database cannot be read at all
 */
export async function checkDatabase(database: string, login: PostgresLogin): Promise<DatabaseCheck> {
  const opened = await inspect(database, login)
  try {
    const { name, db, tables, due } = opened
    const own = tables.filter((table) => !table.startsWith('kysely_'))
    const problems = isPostgresUrl(database) ? [] : await problemsOfSqlite(opened)
    const rows: Record<string, number | null> = {}
    for (const table of own) rows[table] = await countRows(db, table)
    return { database: name, due, rows, problems }
  } finally {
    await opened.close()
  }
}

/** Opens a database of either kind as it is; see `InspectedDatabase`. */
export async function inspect(database: string, login: PostgresLogin): Promise<InspectedDatabase> {
  if (!isPostgresUrl(database)) return await inspectSqlite(database)
  const { inspectPostgres } = await import('../postgres/open.ts')
  return await inspectPostgres(database, login)
}

async function countRows(db: Kysely<Database>, table: string): Promise<number | null> {
  const counted = sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(db)
  return (await unlessDamaged(counted))?.rows[0]?.count ?? null
}

/** Resolves with null if the database is too damaged for a statement. */
async function unlessDamaged<T>(result: Promise<T>): Promise<T | null> {
  try {
    return await result
  } catch (failure) {
    if (failure instanceof RollcallError && primaryCodeOf(failure.cause) === 'SQLITE_CORRUPT') return null
    throw failure
  }
}

async function problemsOfSqlite({ db, tables, due }: InspectedDatabase): Promise<string[]> {
  if (tables.length === 0) return ['The file is empty: it has no tables.']
  const damage = await damageOfSqlite(db)
  if (damage.length > 0) return damage
  const { rows: lost } = await sql<{ child: string; parent: string; count: number }>`
    select "table" as child, parent, count(*) as count from pragma_foreign_key_check
    group by child, parent order by child, parent limit ${sql.lit(MOST_LISTED)}`.execute(db)
  const references = lost.map(
    ({ child, parent, count }) => `Rows of ${child} refer to rows of ${parent} that do not exist: ${count}.`,
  )
  const missing = due.length > 0 ? null : await missingPart(db)
  return [...references, ...(missing === null ? [] : [`The schema lacks the ${missing}.`])]
}

async function damageOfSqlite(db: Kysely<Database>): Promise<string[]> {
  const check = sql<{ found: string }>`
    select integrity_check as found from pragma_integrity_check limit ${sql.lit(MOST_LISTED)}`.execute(db)
  const result = await unlessDamaged(check)
  if (result === null) return ['The file is damaged: it cannot be read to its end.']
  return result.rows
    .map(({ found }) => found.replace(/\s+/g, ' ').slice(0, 200))
    .filter((found) => found !== 'ok')
    .map((found) => `The file is damaged: ${found}.`)
}
