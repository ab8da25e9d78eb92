import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely'
import type { Closable } from '../base/close.ts'
import { RollcallError } from '../base/errors.ts'
import type { Database } from './database.ts'

/** What to do about SQLite's primary result codes that are no fault of the code. */
const ADVICE: Readonly<Record<string, string>> = {
  SQLITE_BUSY: 'is locked by another process; end that process or try again',
  SQLITE_CANTOPEN: 'cannot be opened; check that its path is right and that this user may write there',
  SQLITE_CORRUPT: 'is damaged; restore it from a backup',
  SQLITE_FULL: 'cannot grow because the disk is full; free some space',
  SQLITE_IOERR: 'cannot be read or written; check the disk',
  SQLITE_NOTADB: 'is not a SQLite database; name another file',
  SQLITE_PERM: 'may not be opened by this user; change its permissions',
  SQLITE_READONLY: 'cannot be written by this user; change its permissions or name another file',
}

const STATEMENT_CACHE_SIZE = 500
const BUSY_TIMEOUT_MS = 5_000

/**
 * Opens the file, which is created where it does not exist; the caller ends it with `destroy`. Transactions take
 * the write lock when they begin.
 *
 * @throws RollcallError DATABASE_FAILED, here and from every later statement, where the file cannot be used.
 */
export function openSqlite(path: string, onStatement: (sql: string) => void): Kysely<Database> {
  const sqlite = openFile(path)
  return new Kysely<Database>({ dialect: new GatewayDialect(new SqliteFile(sqlite, path, onStatement)) })
}

function openFile(path: string): Sqlite.Database {
  const folder = dirname(path)
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new RollcallError(
      'DATABASE_FAILED',
      `The database ${path} cannot be opened because the folder ${folder} does not exist; create it or name another file.`,
    )
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new RollcallError('DATABASE_FAILED', `The database ${path} is a folder; name a file in it.`)
  }
  return explained(path, () => {
    const sqlite = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS })
    try {
      sqlite.pragma('foreign_keys = ON')
      // The first statement that reads the file: what is no database is found out before anything is written.
      sqlite.pragma('schema_version')
    } catch (failure) {
      sqlite.close()
      throw failure
    }
    return sqlite
  })
}

/**
 * Holds the database for one gateway: two would take up each other's refreshes. The lock is SQLite's own, on a file
 * beside the database, so that the system lets go of it however the process ends.
 *
 * @throws RollcallError DATABASE_FAILED where another process holds it.
 */
export function holdDatabase(path: string): Closable {
  const sqlite = new Sqlite(`${path}-lock`, { timeout: 0 })
  try {
    sqlite.exec('begin exclusive')
  } catch (failure) {
    sqlite.close()
    if (!(failure instanceof Sqlite.SqliteError) || failure.code !== 'SQLITE_BUSY') throw failure
    throw new RollcallError(
      'DATABASE_FAILED',
      `The database ${path} is in use by another gateway; stop that one, or set \`database\` to another file.`,
      { cause: failure },
    )
  }
  return {
    async close() {
      sqlite.close()
    },
  }
}

/** Readers then do not wait for writers; set only on a file that is known to be ours, for it is stored in it. */
export async function useWriteAheadLog(db: Kysely<Database>): Promise<void> {
  await db.executeQuery(CompiledQuery.raw('pragma journal_mode = WAL'))
  await db.executeQuery(CompiledQuery.raw('pragma synchronous = NORMAL'))
}

function explained<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (failure) {
    if (!(failure instanceof Sqlite.SqliteError)) throw failure
    const advice = ADVICE[failure.code.split('_', 2).join('_')]
    if (advice === undefined) throw failure
    throw new RollcallError('DATABASE_FAILED', `The database ${path} ${advice}.`, { cause: failure })
  }
}

/** What Kysely asks of a database, with prepared statements kept for the next time. */
class SqliteFile implements SqliteDatabase {
  readonly #sqlite: Sqlite.Database
  readonly #path: string
  readonly #onStatement: (sql: string) => void
  readonly #statements = new Map<string, SqliteStatement>()

  constructor(sqlite: Sqlite.Database, path: string, onStatement: (sql: string) => void) {
    this.#sqlite = sqlite
    this.#path = path
    this.#onStatement = onStatement
  }

  get inTransaction(): boolean {
    return this.#sqlite.inTransaction
  }

  prepare(sql: string): SqliteStatement {
    this.#onStatement(sql)
    const statement = this.#statements.get(sql) ?? this.#prepareNew(sql)
    // Last in the map is used last, so the first is the one to drop.
    this.#statements.delete(sql)
    this.#statements.set(sql, statement)
    if (this.#statements.size > STATEMENT_CACHE_SIZE) {
      for (const oldest of this.#statements.keys()) {
        this.#statements.delete(oldest)
        break
      }
    }
    return statement
  }

  #prepareNew(sql: string): SqliteStatement {
    const path = this.#path
    const statement = explained(path, () => this.#sqlite.prepare(sql))
    return {
      reader: statement.reader,
      all: (parameters) => explained(path, () => statement.all(...parameters)),
      run: (parameters) => explained(path, () => statement.run(...parameters)),
      iterate: (parameters) => statement.iterate(...parameters),
    }
  }

  close(): void {
    this.#statements.clear()
    this.#sqlite.close()
  }
}

class GatewayDialect extends SqliteDialect {
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    super({ database: file })
    this.#file = file
  }

  override createDriver(): SqliteDriver {
    return new ImmediateDriver(this.#file)
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalDdlAdapter()
  }
}

class ImmediateDriver extends SqliteDriver {
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    super({ database: file })
    this.#file = file
  }

  /** A transaction that reads first and then writes would fail at once, without waiting, where another had written. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  /** After a full disk and its like SQLite has rolled back by itself; a second time would hide the first error. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#file.inTransaction) await super.rollbackTransaction(connection)
  }
}

/** Kysely's own says false, though SQLite can: a migration that fails half-way is undone. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}
