import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'

const MIGRATIONS = join(import.meta.dirname, '../../migrations')

/** The names of all migrations, the oldest first. */
export async function migrationNames(): Promise<string[]> {
  const files = (await readdir(MIGRATIONS)).filter((file) => file.endsWith('.ts'))
  return files.map((file) => file.replace(/\.ts$/, '')).sort()
}

/** Writes a database as the version wrote it that had this migration as its last, with what the SQL puts into it. */
export async function writeOldDatabase(path: string, lastMigration: string, sql: string): Promise<void> {
  const sqlite = new Sqlite(path)
  sqlite.pragma('synchronous = OFF')
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: sqlite }) })
  const known = (await migrationNames()).filter((name) => name <= lastMigration)
  const modules = known.map(async (name) => [name, await import(join(MIGRATIONS, `${name}.ts`))])
  const migrations = Object.fromEntries(await Promise.all(modules))
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableName: 'kysely_migration',
  }).migrateToLatest()
  if (error !== undefined) throw error
  sqlite.exec(sql)
  await db.destroy()
}
