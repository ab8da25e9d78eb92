import { Kysely, SqliteDialect, sql } from 'kysely'
import { RollcallError } from '../../base/errors.ts'
import { silentLogger } from '../../base/log.ts'
import type { Database } from '../tables/database.ts'
import { migrate } from './migrate.ts'
import { openInMemory } from './sqlite.ts'

/**
 * Checks that a database which is up to date has all tables, columns, indexes, views and triggers that the
 * migrations make. It may have others: an index of its operator does no harm.
 *
 * @throws RollcallError DATABASE_FAILED if it lacks one
 */
export async function checkSchema(db: Kysely<Database>, path: string): Promise<void> {
  const parts = new Set(await partsOf(db))
  const missing = (await expectedParts()).find((part) => !parts.has(part))
  if (missing === undefined) return
  throw new RollcallError(
    'DATABASE_FAILED',
    `The database ${path} was altered: it lacks the ${missing}; restore it from a backup.`,
  )
}

/** Runs the migrations on an empty database in memory, which takes some 15 ms. */
async function expectedParts(): Promise<string[]> {
  const dialect = new SqliteDialect({ database: openInMemory() })
  const db = new Kysely<Database>({ dialect })
  try {
    await migrate(db, ':memory:', silentLogger)
    return await partsOf(db)
  } finally {
    await db.destroy()
  }
}

/** Returns each part of a schema as `index devices_by_name` or `column devices.name`; tables before their columns. */
async function partsOf(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ part: string }>`
    select type || ' ' || name as part from sqlite_master where name not like 'sqlite\\_%' escape '\\'
    union all
    select 'column ' || tables.name || '.' || columns.name
    from sqlite_master as tables join pragma_table_xinfo(tables.name) as columns
    where tables.type = 'table' and tables.name not like 'sqlite\\_%' escape '\\'`.execute(db)
  return rows.map(({ part }) => part)
}
