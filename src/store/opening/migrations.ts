import { readdir } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Kysely, sql } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
import { messageOf, RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { Database } from '../tables/database.ts'

const FOLDER = join(import.meta.dirname, '../../../migrations')
const MIGRATION_TABLE = 'kysely_migration'

/** Built migrations end in `.js`. */
const MIGRATION_FILE = /^\d{4}-.*\.[jt]s$/

/** The migrations of one kind of database, as files with numbered names in a folder. */
export class Migrations {
  readonly #folder: string
  readonly #name: string

  /**
   * @param folder within `migrations/`
   * @param name of the database, for messages
   */
  constructor(folder: string, name: string) {
    this.#folder = join(FOLDER, folder)
    this.#name = name
  }

  /**
   * Checks that the database is one of ours and not newer than this code; writes nothing.
   *
   * @param tables the names of all its tables
   * @param remedy what to do about a database of another program
   * @returns the names of the migrations that it lacks, in their order
   * @throws RollcallError DATABASE_TOO_NEW or DATABASE_FAILED
   */
  async check(db: Kysely<Database>, tables: readonly string[], remedy: string): Promise<string[]> {
    const known = Object.keys(await this.#provider().getMigrations()).sort()
    if (tables.length === 0) return known
    if (!tables.includes(MIGRATION_TABLE)) {
      throw new RollcallError(
        'DATABASE_FAILED',
        `The database ${this.#name} belongs to another program; ${remedy}.`,
      )
    }
    const { rows: applied } = await sql<{ name: string }>`
      select name from ${sql.table(MIGRATION_TABLE)} order by name`.execute(db)
    const unknown = applied.find(({ name }) => !known.includes(name))
    if (unknown) {
      throw new RollcallError(
        'DATABASE_TOO_NEW',
        `The database ${this.#name} was written by a newer version of Rollcall ` +
          `(it has the migration ${unknown.name}); ` +
          `install that version or ${remedy}.`,
      )
    }
    const missing = known.find((name, index) => index < applied.length && applied[index]?.name !== name)
    if (missing !== undefined) {
      throw new RollcallError(
        'DATABASE_FAILED',
        `The database ${this.#name} has no record of the migration ${missing}, ` +
          'but of later ones; restore it from a backup.',
      )
    }
    return known.slice(applied.length)
  }

  /**
   * Runs the migrations that the database does not have yet, all or none.
   *
   * @throws RollcallError DATABASE_FAILED if one does not fit what is there, and as every statement does
   */
  async run(db: Kysely<Database>, log: Logger): Promise<void> {
    const migrator = new Migrator({ db, provider: this.#provider(), migrationTableName: MIGRATION_TABLE })
    const { error, results } = await migrator.migrateToLatest()
    if (error instanceof RollcallError) throw error
    if (error !== undefined) {
      const failed =
        results?.find(({ status }) => status === 'Error')?.migrationName ?? 'the first that is due'
      throw new RollcallError(
        'DATABASE_FAILED',
        `The database ${this.#name} cannot be brought up to date: ` +
          `the migration ${failed} failed (${messageOf(error)}); restore it from a backup.`,
        { cause: error },
      )
    }
    for (const { migrationName } of results ?? []) {
      log.info({ event: 'database.migrated', migration: migrationName }, 'database migrated')
    }
  }

  /** Kysely's own provider gives plain paths to `import`, which fails on Windows. */
  #provider(): MigrationProvider {
    return {
      getMigrations: async () => {
        const files = (await readdir(this.#folder)).filter((file) => MIGRATION_FILE.test(file))
        const migrations: Record<string, Migration> = {}
        for (const file of files) {
          const { name } = parse(file)
          migrations[name] = await import(pathToFileURL(join(this.#folder, file)).href)
        }
        return migrations
      },
    }
  }
}
