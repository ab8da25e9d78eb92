import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely'
import pg from 'pg'
import { inject, onTestFinished } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { PostgresCompiler } from '../../../src/store/postgres/postgres-compiler.ts'
import { openStore } from '../../../src/store/store.ts'
import type { Database } from '../../../src/store/tables/database.ts'

/** Whether the tests that run are those of the project `postgres`. */
export const ON_POSTGRES = process.env.ROLLCALL_TEST_STORE === 'postgres'

/** An empty database that is up to date; `remove` it at the end. */
interface TestDatabase {
  /** The path or the URL, for `openStore`. */
  database: string
  remove: () => Promise<void>
}

/** Makes a database. @param folder of the SQLite file, which is there already if it is not the first in the folder */
export async function newDatabase(folder?: string): Promise<TestDatabase> {
  return ON_POSTGRES ? await newPostgresDatabase() : await newSqliteFile(folder)
}

/** Another connection to a database, for statements that the store does not run; the caller destroys it. */
export function otherConnection(database: string): Kysely<Database> {
  if (!ON_POSTGRES) {
    const sqlite = new Sqlite(database)
    sqlite.pragma('synchronous = OFF')
    return new Kysely({ dialect: new SqliteDialect({ database: sqlite }) })
  }
  // The types int8 and numeric are numbers, as in the store.
  const types: pg.CustomTypesConfig = {
    getTypeParser: (oid, format) =>
      oid === 20 || oid === 1_700 ? Number : pg.types.getTypeParser(oid, format),
  }
  const pool = new pg.Pool({ connectionString: database, max: 1, types })
  // The test's database is removed while the connection is open.
  pool.on('error', () => undefined)
  return new Kysely({ dialect: new CompilingDialect({ pool }) })
}

/** Compiles statements as the store does. */
class CompilingDialect extends PostgresDialect {
  override createQueryCompiler(): PostgresCompiler {
    return new PostgresCompiler()
  }
}

/** Made once: the migrations take ten times as long as a copy of the file. */
let empty: Promise<Buffer> | undefined

async function newSqliteFile(given?: string): Promise<TestDatabase> {
  const folder = given ?? (await mkdtemp(join(tmpdir(), 'rollcall-store-')))
  const path = join(folder, 'rollcall.db')
  empty ??= emptyFile()
  if (!existsSync(path)) await writeFile(path, await empty, { mode: 0o600 })
  return {
    database: path,
    remove: async () => {
      if (given === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

async function emptyFile(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-store-'))
  const path = join(folder, 'rollcall.db')
  const store = await openStore({ database: path, log: silentLogger })
  await store.close()
  const bytes = await readFile(path)
  await rm(folder, { recursive: true })
  return bytes
}

/** Databases of tests that are over, empty again: to make one takes longer, and to drop one longer still. */
const free: string[] = []

async function newPostgresDatabase(): Promise<TestDatabase> {
  const { server, template } = inject('postgres')
  const url = new URL(server)
  const name = free.pop() ?? `${template}_${randomBytes(6).toString('hex')}`
  url.pathname = `/${name}`
  if (!made.has(name)) {
    await run(server, `create database ${name} template ${template}`)
    made.add(name)
  }
  return {
    database: url.href,
    remove: async () => {
      await run(url.href, EMPTY)
      free.push(name)
    },
  }
}

const made = new Set<string>()

/** The URL of a new PostgreSQL database without tables, which is removed with the test. */
export async function databaseWithoutTables(): Promise<string> {
  const { server, template } = inject('postgres')
  const url = new URL(server)
  const name = `${template}_${randomBytes(6).toString('hex')}`
  url.pathname = `/${name}`
  await run(server, `create database ${name} encoding UTF8 template template0`)
  onTestFinished(() => run(server, `drop database ${name} with (force)`))
  return url.href
}

/** Ends what a test left open, and removes all rows but those of the migrations. */
const EMPTY = `
  select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();
  do $$ begin
    execute (
      select 'truncate ' || string_agg(tablename, ', ') || ' restart identity cascade'
      from pg_tables where schemaname = 'public' and tablename not like 'kysely%');
  end $$`

async function run(database: string, statements: string): Promise<void> {
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  try {
    await client.query(statements)
  } finally {
    await client.end()
  }
}
