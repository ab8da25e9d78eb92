import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
} from 'kysely'
import type { Database } from '../tables/database.ts'
import { SqliteFile, type SqliteOptions } from './sqlite.ts'
import { WriteTurns } from './write-turns.ts'

/** Short once the database is open, because a statement that waits for a lock blocks the whole thread. */
const BUSY_TIMEOUT_MS = 50

/** In pages of 4 KiB; see `Checkpoints`. */
const LONGEST_LOG = 16_000

interface OpenSqlite {
  db: Kysely<Database>
  /** Returns a text that differs whenever the database may have changed, whichever process changed it. */
  version(): string
  /** @see OpenDatabase.letAnotherWrite */
  letAnotherWrite<T>(write: () => Promise<T>): Promise<T>
}

/**
 * Opens the file, which is created if it does not exist; the caller closes it with `destroy`. Transactions
 * take the write lock when they begin. A statement waits 5 s for a lock, or 50 ms once `setShortBusyTimeout`
 * was called.
 *
 * @throws RollcallError as `SqliteFile` does
 */
export function openSqlite(options: SqliteOptions): OpenSqlite {
  const file = new SqliteFile(options)
  const turns = new WriteTurns()
  return {
    db: new Kysely<Database>({ dialect: new GatewayDialect(file, turns) }),
    version: () => file.version,
    letAnotherWrite: (write) =>
      turns.run(async () => {
        file.ensureWritable()
        const result = await write()
        file.noteCommitOfAnother()
        return result
      }),
  }
}

/**
 * Turns on the write-ahead log, so that readers do not wait for writers; see `Checkpoints`. The mode is
 * stored in the file, so it is set only on one that is known to be ours.
 */
export async function useWriteAheadLog(db: Kysely<Database>): Promise<void> {
  await db.executeQuery(CompiledQuery.raw('pragma journal_mode = WAL'))
  await db.executeQuery(CompiledQuery.raw('pragma synchronous = NORMAL'))
  await db.executeQuery(CompiledQuery.raw(`pragma wal_autocheckpoint = ${LONGEST_LOG}`))
}

/** Shortens the wait for a lock, once the database is open. */
export async function setShortBusyTimeout(db: Kysely<Database>): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}`))
}

/** Runs `work` so that its statements reject at once if the database is locked. */
export async function withoutWaiting<T>(
  db: Kysely<Database>,
  work: (db: Kysely<Database>) => Promise<T>,
): Promise<T> {
  // The connection is exclusive meanwhile, so no other statement loses its wait.
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
  readonly #turns: WriteTurns

  constructor(file: SqliteFile, turns: WriteTurns) {
    super({ database: file })
    this.#file = file
    this.#turns = turns
  }

  override createDriver(): SqliteDriver {
    return new ImmediateDriver(this.#file, this.#turns)
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalDdlAdapter()
  }
}

class ImmediateDriver extends SqliteDriver {
  readonly #file: SqliteFile
  readonly #turns: WriteTurns

  constructor(file: SqliteFile, turns: WriteTurns) {
    super({ database: file })
    this.#file = file
    this.#turns = turns
  }

  override async acquireConnection(): Promise<ConnectionInTurn> {
    return new ConnectionInTurn(await super.acquireConnection(), this.#file, this.#turns)
  }

  /**
   * Takes the write lock at once: a transaction that reads first fails without waiting if another has
   * written.
   */
  override async beginTransaction(connection: ConnectionInTurn): Promise<void> {
    await connection.takeTurn()
    try {
      this.#file.ensureWritable()
      await connection.executeQuery(CompiledQuery.raw('begin immediate'))
    } catch (failure) {
      connection.endTurn()
      throw failure
    }
  }

  override async commitTransaction(connection: ConnectionInTurn): Promise<void> {
    await super.commitTransaction(connection)
    connection.endTurn()
    this.#file.noteCommit()
    // A commit into a file that was removed meanwhile is lost, so it must not be reported as done.
    this.#file.ensureWritable()
  }

  /**
   * SQLite rolls back by itself, for example if the disk is full; a second rollback would hide the first
   * error.
   */
  override async rollbackTransaction(connection: ConnectionInTurn): Promise<void> {
    try {
      if (this.#file.inTransaction) await super.rollbackTransaction(connection)
    } finally {
      connection.endTurn()
    }
  }
}

/** Waits for its turn with each statement that writes. Those of a transaction are in its turn. */
class ConnectionInTurn implements DatabaseConnection {
  readonly #connection: DatabaseConnection
  readonly #file: SqliteFile
  readonly #turns: WriteTurns
  /** Ends the turn of the transaction, which SQLite may have rolled back already; null if there is none. */
  #endTurn: (() => void) | null = null

  constructor(connection: DatabaseConnection, file: SqliteFile, turns: WriteTurns) {
    this.#connection = connection
    this.#file = file
    this.#turns = turns
  }

  async takeTurn(): Promise<void> {
    this.#endTurn = await this.#turns.take()
  }

  endTurn(): void {
    this.#endTurn?.()
    this.#endTurn = null
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const execute = () => this.#connection.executeQuery<R>(query)
    const isSelect = query.query.kind === 'SelectQueryNode'
    const needsTurn = !isSelect && this.#endTurn === null && this.#file.writes(query.sql)
    return await (needsTurn ? this.#turns.run(execute) : execute())
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#connection.streamQuery<R>(query, chunkSize)
  }
}

/**
 * Lets a failed migration be undone: SQLite supports that, although Kysely's adapter says that it does not.
 */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}
