import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
} from 'kysely'
import type { Database } from '../tables/database.ts'
import { SqliteFile, type SqliteOptions } from './sqlite.ts'

/** Once the database is open: whoever waits for a lock keeps the whole thread waiting. */
const BUSY_TIMEOUT_MS = 50

/** In pages of 4 KiB: a commit itself moves the write-ahead log into the database where nothing else has kept it shorter. */
const LONGEST_LOG = 16_000

export interface OpenDatabase {
  db: Kysely<Database>
  /** Another text whenever anything in the database may be otherwise than it was, whoever has written it. */
  version(): string
}

/**
 * Opens the file, which is created where it does not exist; the caller ends it with `destroy`. Transactions take
 * the write lock when they begin. A statement waits 5 s for a lock, 50 ms once `setShortBusyTimeout` was called.
 *
 * @throws RollcallError as `SqliteFile` does
 */
export function openSqlite(options: SqliteOptions): OpenDatabase {
  const file = new SqliteFile(options)
  return { db: new Kysely<Database>({ dialect: new GatewayDialect(file) }), version: () => file.version }
}

/** Readers then do not wait for writers; set only on a file that is known to be ours, for it is stored in it. */
export async function useWriteAheadLog(db: Kysely<Database>): Promise<void> {
  await db.executeQuery(CompiledQuery.raw('pragma journal_mode = WAL'))
  await db.executeQuery(CompiledQuery.raw('pragma synchronous = NORMAL'))
  await db.executeQuery(CompiledQuery.raw(`pragma wal_autocheckpoint = ${LONGEST_LOG}`))
}

/** For when the database is open. */
export async function setShortBusyTimeout(db: Kysely<Database>): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`))
}

/** For what nobody should wait for: its statements reject at once where the database is locked. */
export async function withoutWaiting<T>(
  db: Kysely<Database>,
  work: (db: Kysely<Database>) => Promise<T>,
): Promise<T> {
  // Whoever has the connection has it alone, so that nobody else's statement goes without its wait.
  return await db.connection().execute(async (connection) => {
    await connection.executeQuery(CompiledQuery.raw('pragma busy_timeout = 0'))
    try {
      return await work(connection)
    } finally {
      await setShortBusyTimeout(connection)
    }
  })
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
    this.#file.ensureWritable()
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await super.commitTransaction(connection)
    this.#file.noteCommit()
    // Nothing is reported as kept that went into a file that nobody will find.
    this.#file.ensureWritable()
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
