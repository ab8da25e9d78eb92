import { closeSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
// No more than types: the thread for checkpoints has this file, and no use for Kysely.
import type { SqliteDatabase, SqliteStatement } from 'kysely'
import { RollcallError } from '../../base/errors.ts'
import type { DatabaseHealth } from './database-health.ts'
import { realPath } from './real-path.ts'
import { explained, explainedOnceOpen, isDamage } from './sqlite-failure.ts'

const STATEMENT_CACHE_SIZE = 500
/** How long to wait for a lock while the database is being opened: there is nothing else to do then. */
const OPENING_BUSY_TIMEOUT_MS = 5_000

const MOVING_ROUNDS = 5

/** Of the write-ahead log, in pages: how long it is, and how much of it is in the database already. */
interface LogSize {
  log: number
  checkpointed: number
}

export interface SqliteOptions {
  path: string
  /** Opens a database that exists, and refuses statements that write. Default: false. */
  readonly?: boolean
  /** Called with the SQL of every statement, before it runs. */
  onStatement: (sql: string) => void
  /** Called after every transaction with the number of pages in the write-ahead log that are not in the database yet. */
  onCommit: (pagesInLog: number) => void
  health: DatabaseHealth
}

export interface Checkpointer {
  run(): void
  /** What is wrong with the database, in one sentence; null if it is sound. */
  findDamage(): string | null
  close(): void
}

/**
 * A connection that does nothing but move the write-ahead log into the database, as far as nobody is in its way, and look for damage.
 *
 * @throws RollcallError here and from its methods, as `SqliteFile` does
 */
export function openCheckpointer(path: string): Checkpointer {
  const sqlite = openFile(path)
  return {
    run: () => explainedOnceOpen(path, () => moveLog(sqlite)),
    findDamage: () => explainedOnceOpen(path, () => findDamage(sqlite, path)),
    close: () => void sqlite.close(),
  }
}

/** Reads the whole database, which takes a second for some hundred megabytes. */
function findDamage(sqlite: Sqlite.Database, path: string): string | null {
  const found = sqlite.prepare<[], string>('pragma quick_check(1)').pluck().get()
  if (found === 'ok' || found === undefined) return null
  return `The database ${path} is damaged (${found.replace(/\s+/g, ' ').slice(0, 200)}); restore it from a backup.`
}

/**
 * The log begins anew once all of it was moved, and else grows. What was committed while the first round was waiting for the
 * disk is little, so that a later round is over before the next commit.
 */
function moveLog(sqlite: Sqlite.Database): void {
  const checkpoint = sqlite.prepare<[], LogSize>('pragma wal_checkpoint(PASSIVE)')
  let moved = 0
  for (let round = 0; round < MOVING_ROUNDS; round++) {
    const { checkpointed = 0 } = checkpoint.get() ?? {}
    if (checkpointed === moved) return
    moved = checkpointed
  }
}

function openFile(path: string, { readonly = false } = {}): Sqlite.Database {
  const folder = dirname(path)
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new RollcallError(
      'DATABASE_FAILED',
      `The database ${path} cannot be opened because the folder ${folder} does not exist; create it or name another file.`,
    )
  }
  refuseSpecialFile(path, `The database ${path}`, 'name a file for it')
  for (const file of ['-wal', '-shm', '-journal'].map((suffix) => `${realPath(path)}${suffix}`)) {
    refuseSpecialFile(file, `${file}, a file beside the database,`, 'remove it')
  }
  if (!readonly) {
    createPrivate(path)
    refuseHardLink(path)
  }
  return explained(path, () => {
    const sqlite = new Sqlite(path, { timeout: OPENING_BUSY_TIMEOUT_MS, readonly })
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
 * A database is for its user only, having the hashes of tokens; SQLite would create it for all to read, and gives the files beside it
 * the same mode. One that exists is left as it is: to close it here would take SQLite's locks on it from this process.
 */
function createPrivate(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })) return
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch {
    // SQLite cannot create it either, and says why.
  }
}

/**
 * Locks a file, which is created if it does not exist, against every other process that calls this, until it is closed.
 *
 * @throws RollcallError if it is no regular file, and whatever SQLite throws
 */
export function lockFile(path: string): { close(): void } {
  refuseSpecialFile(path, `The lock file ${path}`, 'remove it')
  createPrivate(path)
  const sqlite = new Sqlite(path, { timeout: 0 })
  try {
    sqlite.exec('begin exclusive')
  } catch (failure) {
    sqlite.close()
    throw failure
  }
  return { close: () => void sqlite.close() }
}

/** SQLite says of a folder, a pipe or a device no more than that it cannot be opened, read or written. */
function refuseSpecialFile(path: string, what: string, remedy: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.isFile()) return
  const kind = found.isDirectory() ? 'a folder' : 'not a regular file'
  throw new RollcallError('DATABASE_FAILED', `${what} is ${kind}; ${remedy}.`)
}

/** SQLite keeps a write-ahead log beside each name of a file, and two logs for one database damage it. */
function refuseHardLink(path: string): void {
  const names = statSync(path, { throwIfNoEntry: false })?.nlink ?? 1
  if (names <= 1) return
  throw new RollcallError(
    'DATABASE_FAILED',
    `The database ${path} has another name (a hard link), and it would be damaged if both were used. ` +
      'Remove the other name, or copy the file and use the copy.',
  )
}

/**
 * What Kysely asks of a database, with prepared statements kept for the next time.
 *
 * @throws RollcallError from its constructor, which creates the file where it does not exist, and from every statement:
 * DATABASE_UNAVAILABLE where the file is locked, the disk full, or the like, DATABASE_FAILED where it cannot be used.
 */
export class SqliteFile implements SqliteDatabase {
  readonly #sqlite: Sqlite.Database
  readonly #options: SqliteOptions
  readonly #logSize: Sqlite.Statement<[], LogSize>
  readonly #version: Sqlite.Statement<[], string>
  readonly #statements = new Map<string, SqliteStatement>()

  constructor(options: SqliteOptions) {
    this.#sqlite = openFile(options.path, { readonly: options.readonly ?? false })
    this.#options = options
    // What this connection has changed, and how often another one has.
    const version = "select total_changes() || ' ' || data_version from pragma_data_version"
    try {
      this.#logSize = explained(options.path, () => this.#sqlite.prepare('pragma wal_checkpoint(NOOP)'))
      this.#version = explained(options.path, () => this.#sqlite.prepare<[], string>(version).pluck())
    } catch (failure) {
      this.#sqlite.close()
      throw failure
    }
  }

  get inTransaction(): boolean {
    return this.#sqlite.inTransaction
  }

  /** Another text whenever anything in the database may be otherwise than it was. */
  get version(): string {
    return this.#explained(() => this.#version.get() ?? '')
  }

  prepare(sql: string): SqliteStatement {
    this.#options.onStatement(sql)
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
    const statement = this.#explained(() => this.#sqlite.prepare(sql))
    const ensureWritable = () => {
      // Within a transaction it is checked at the beginning and at the end.
      if (!statement.readonly && !this.#sqlite.inTransaction) this.#options.health.ensureWritable()
    }
    return {
      reader: statement.reader,
      all: (parameters) => {
        ensureWritable()
        return this.#explained(() => statement.all(...parameters))
      },
      run: (parameters) => {
        ensureWritable()
        return this.#explained(() => statement.run(...parameters))
      },
      iterate: (parameters) => statement.iterate(...parameters),
    }
  }

  #explained<T>(action: () => T): T {
    try {
      return explainedOnceOpen(this.#options.path, action)
    } catch (failure) {
      if (isDamage(failure)) this.#options.health.noteDamage(failure.message)
      throw failure
    }
  }

  /**
   * To be called before and after each transaction.
   *
   * @throws RollcallError DATABASE_UNAVAILABLE if the files are not those that were opened
   */
  ensureWritable(): void {
    this.#options.health.ensureWritable()
  }

  /** To be called after each commit. */
  noteCommit(): void {
    const { log = 0, checkpointed = 0 } = this.#logSize.get() ?? {}
    this.#options.onCommit(log - checkpointed)
  }

  close(): void {
    this.#statements.clear()
    this.#sqlite.close()
  }
}
