import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Kysely, SqliteDialect, sql } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
import { messageOf, RollcallError } from '../../base/errors.ts'
import { type Logger, silentLogger } from '../../base/log.ts'
import type { Database } from '../tables/database.ts'
import { openInMemory } from './sqlite.ts'

const FOLDER = join(import.meta.dirname, '../../../migrations')
const MIGRATION_TABLE = 'kysely_migration'

/**
 * Checks that the database is one of ours and not newer than this code; writes nothing.
 *
 * @throws RollcallError DATABASE_TOO_NEW or DATABASE_FAILED
 */
export async function checkVersion(db: Kysely<Database>, path: string): Promise<void> {
  const { rows: tables } = await sql<{ name: string }>`
    select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'`.execute(
    db,
  )
  if (tables.length === 0) return
  if (!tables.some(({ name }) => name === MIGRATION_TABLE)) {
    throw new RollcallError(
      'DATABASE_FAILED',
      `The database ${path} belongs to another program; name another file.`,
    )
  }
  const { rows: applied } = await sql<{ name: string }>`
    select name from ${sql.table(MIGRATION_TABLE)} order by name`.execute(db)
  const known = Object.keys(await new FolderProvider().getMigrations()).sort()
  const unknown = applied.find(({ name }) => !known.includes(name))
  if (unknown) {
    throw new RollcallError(
      'DATABASE_TOO_NEW',
      `The database ${path} was written by a newer version of Rollcall (it has the migration ${unknown.name}); ` +
        'install that version or name another file.',
    )
  }
  const missing = known.find((name, index) => index < applied.length && applied[index]?.name !== name)
  if (missing !== undefined) {
    throw new RollcallError(
      'DATABASE_FAILED',
      `The database ${path} has no record of the migration ${missing}, but of later ones; restore it from a backup.`,
    )
  }
}

/**
 * Runs the migrations that the database does not have yet, all or none.
 *
 * @throws RollcallError DATABASE_FAILED if one does not fit what is there, and as every statement does
 */
export async function migrate(db: Kysely<Database>, path: string, log: Logger): Promise<void> {
  const migrator = new Migrator({ db, provider: new FolderProvider(), migrationTableName: MIGRATION_TABLE })
  const { error, results } = await migrator.migrateToLatest()
  if (error instanceof RollcallError) throw error
  if (error !== undefined) {
    const failed = results?.find(({ status }) => status === 'Error')?.migrationName ?? 'the first that is due'
    throw new RollcallError(
      'DATABASE_FAILED',
      `The database ${path} cannot be brought up to date: the migration ${failed} failed (${messageOf(error)}); restore it from a backup.`,
      { cause: error },
    )
  }
  for (const { migrationName } of results ?? []) log.info({ migration: migrationName }, 'database migrated')
}

/**
 * Reads the migrations from their folder. Kysely's own provider gives plain paths to `import`, which fails on
 * Windows.
 */
class FolderProvider implements MigrationProvider {
  async getMigrations(): Promise<Record<string, Migration>> {
    const files = (await readdir(FOLDER)).filter((file) => /^\d{4}-.*\.ts$/.test(file))
    const migrations: Record<string, Migration> = {}
    for (const file of files) {
      migrations[file.replace(/\.ts$/, '')] = await import(pathToFileURL(join(FOLDER, file)).href)
    }
    return migrations
  }
}

/**
 * Checks that a database which is up to date has all tables, columns, indexes, views and triggers that the
 * migrations make. It may have others: an index of its operator does no harm.
 *
 * @throws RollcallError DATABASE_FAILED if it lacks one
 */
export async function checkSchema(db: Kysely<Database>, path: string): Promise<void> {
  const parts = new Set(await partsOf(db))
  expected ??= expectedParts()
  const missing = (await expected).find((part) => !parts.has(part))
  if (missing === undefined) return
  throw new RollcallError(
    'DATABASE_FAILED',
    `The database ${path} was altered: it lacks the ${missing}; restore it from a backup.`,
  )
}

/** Made once in a process, because it takes some 15 ms. */
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
