import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Kysely, sql } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
import { RollcallError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Database } from './database.ts'

const FOLDER = join(import.meta.dirname, '../../migrations')
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
  const known = await new FolderProvider().getMigrations()
  const unknown = applied.find(({ name }) => !Object.hasOwn(known, name))
  if (unknown) {
    throw new RollcallError(
      'DATABASE_TOO_NEW',
      `The database ${path} was written by a newer version of Rollcall (it has the migration ${unknown.name}); ` +
        'install that version or name another file.',
    )
  }
}

/** Runs the migrations that the database does not have yet, all or none. */
export async function migrate(db: Kysely<Database>, log: Logger): Promise<void> {
  const migrator = new Migrator({ db, provider: new FolderProvider(), migrationTableName: MIGRATION_TABLE })
  const { error, results } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
  for (const { migrationName } of results ?? []) log.info({ migration: migrationName }, 'database migrated')
}

/** Kysely's own provider hands plain paths to `import`, which Windows does not take. */
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
