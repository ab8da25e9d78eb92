import { Kysely, SqliteDialect, sql } from 'kysely'
import { RollcallError } from '../../base/errors.ts'
import { type Logger, silentLogger } from '../../base/log.ts'
import { Migrations } from '../opening/migrations.ts'
import type { Database } from '../tables/database.ts'
import { openInMemory } from './sqlite.ts'

/** The tables of a database, and the migrations that it lacks. */
export interface SchemaVersion {
  tables: string[]
  due: string[]
}

/**
 * Checks that the database is one of ours and not newer than this code; writes nothing.
 *
 * @throws RollcallError DATABASE_TOO_NEW or DATABASE_FAILED
 */
export async function checkVersion(db: Kysely<Database>, path: string): Promise<SchemaVersion> {
  const { rows } = await sql<{ name: string }>`
    select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'
    order by name`.execute(db)
  const tables = rows.map(({ name }) => name)
  return { tables, due: await new Migrations('', path).check(db, tables, 'name another file') }
}

/** Runs the migrations that the database does not have yet, all or none; see `Migrations.run`. */
export async function migrate(db: Kysely<Database>, path: string, log: Logger): Promise<void> {
  await new Migrations('', path).run(db, log)
}

/**
 * Checks that a database which is up to date is complete; see `missingPart`.
 *
 * @throws RollcallError DATABASE_FAILED if it is not
 */
export async function checkSchema(db: Kysely<Database>, path: string): Promise<void> {
  const missing = await missingPart(db)
  if (missing === null) return
  throw new RollcallError(
    'DATABASE_FAILED',
    `The database ${path} was altered: it lacks the ${missing}; restore it from a backup.`,
  )
}

/**
 * Returns the first table, column, index, view or trigger that the migrations make and the database lacks;
 * null if it has them all. It may have others: an index of its operator does no harm.
 */
export async function missingPart(db: Kysely<Database>): Promise<string | null> {
  const parts = new Set(await partsOf(db))
  expected ??= expectedParts()
  return (await expected).find((part) => !parts.has(part)) ?? null
}

/** Computed once in a process, because it takes about 15 ms. */
let expected: Promise<string[]> | undefined

/** Runs the migrations on an empty database in memory. */
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

/** Returns the parts of a schema, such as `index devices_by_name` or `column devices.name`, tables first. */
async function partsOf(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ part: string }>`
    select type || ' ' || name as part from sqlite_master where name not like 'sqlite\\_%' escape '\\'
    union all
    select 'column ' || tables.name || '.' || columns.name
    from sqlite_master as tables join pragma_table_xinfo(tables.name) as columns
    where tables.type = 'table' and tables.name not like 'sqlite\\_%' escape '\\'`.execute(db)
  return rows.map(({ part }) => part)
}
