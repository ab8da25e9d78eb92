import { closeSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
// Types only: the checkpoint thread loads this file and does not need Kysely.
import type { SqliteDatabase, SqliteStatement } from 'kysely'
import { RollcallError } from '../../base/errors.ts'
import { realPath } from './database-files.ts'
import type { FilesHealth } from './files-health.ts'
import { explained, explainedOnceOpen, isDamage } from './sqlite-failure.ts'

const STATEMENT_CACHE_SIZE = 500
/** How long opening waits for a lock; nothing else runs then. */
const OPENING_BUSY_TIMEOUT_MS = 5_000

const MOVING_ROUNDS = 5

/** The pages that a step of a copy reads and writes: 4 MiB. */
const PAGES_PER_STEP = 1_000

/** Pages in the write-ahead log, and how many of them are in the database already. */
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
  /**
   * Called after every commit with the number of pages in the write-ahead log that are not in the database
   * yet.
   */
  onCommit: (pagesInLog: number) => void
  health: FilesHealth
}

export interface Checkpointer {
  run(): void
  /** Returns a sentence that says what is wrong with the database; null if it is sound. */
  findDamage(): string | null
  close(): void
}

/**
 * Opens a connection that makes checkpoints and checks for damage; see `Checkpoints`.
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

/** Reads the whole database: about a second for some hundred megabytes. */
function findDamage(sqlite: Sqlite.Database, path: string): string | null {
  const found = sqlite.prepare<[], string>('pragma quick_check(1)').pluck().get()
  if (found === 'ok' || found === undefined) return null
  return (
    `The database ${path} is damaged (${found.replace(/\s+/g, ' ').slice(0, 200)}); ` +
    'restore it from a backup.'
  )
}

/** Makes passive checkpoints until one finds nothing new, see step 4 of `Checkpoints`. */
function moveLog(sqlite: Sqlite.Database): void {
  const checkpoint = sqlite.prepare<[], LogSize>('pragma wal_checkpoint(PASSIVE)')
  let moved = 0
  for (let round = 0; round < MOVING_ROUNDS; round++) {
    const { checkpointed = 0 } = checkpoint.get() ?? {}
    if (checkpointed === moved) return
    moved = checkpointed
  }
}

/**
 * Copies the database at `path` into an empty file: the state that it has when this is called, whatever other
 * processes write meanwhile. They do not wait for it. The copy needs no write-ahead log beside it.
 *
 * @param onPages called after each step with the copied pages and all pages; stops the copy if it throws
 * @throws the errors of SQLite about the copy, and RollcallError as `SqliteFile` does
 */
export async function copySqlite(
  path: string,
  target: string,
  onPages: (copied: number, all: number) => void,
): Promise<void> {
  const sqlite = openFile(path, { readonly: true })
  try {
    // Without a transaction of its own, the copy would start again whenever another process has written.
    explainedOnceOpen(path, () => sqlite.exec('begin; select 1 from sqlite_schema'))
    const progress = ({ totalPages, remainingPages }: Sqlite.BackupMetadata) => {
      onPages(totalPages - remainingPages, totalPages)
      return PAGES_PER_STEP
    }
    await sqlite.backup(target, { progress })
  } finally {
    sqlite.close()
  }
  const copy = new Sqlite(target)
  try {
    copy.pragma('journal_mode = DELETE')
  } finally {
    copy.close()
  }
}

/** An empty database that is gone once it is closed. */
export function openInMemory(): SqliteDatabase {
  return new Sqlite(':memory:')
}

function openFile(path: string, { readonly = false } = {}): Sqlite.Database {
  const folder = dirname(path)
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new RollcallError(
      'DATABASE_FAILED',
      `The database ${path} cannot be opened because the folder ${folder} does not exist; ` +
        'create it or name another file.',
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
      // The first statement that reads the file: it fails for a file that is no database, before anything is
      // written.
      sqlite.pragma('schema_version')
    } catch (failure) {
      sqlite.close()
      throw failure
    }
    return sqlite
  })
}

/**
 * Creates the file, if there is none, so that only its user can read it: it holds the hashes of tokens.
 * SQLite would let everyone read it, and gives the files beside it the same mode. A file that exists is not
 * opened, because closing it would release the locks of SQLite that this process has on it.
 */
function createPrivate(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })) return
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch {
    // SQLite cannot create it either, and its error says why.
  }
}

/**
 * Locks a file against every other process that calls this, until `close`. The file is created if it does not
 * exist.
 *
 * @throws RollcallError if it is no regular file, and the errors of SQLite
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

/** Rejects a folder, a pipe or a device: the errors of SQLite do not say that it is one. */
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

interface PreparedStatement extends SqliteStatement {
  readonly readonly: boolean
}

/**
 * The database that Kysely uses, with a cache of prepared statements. The constructor creates the file if
 * there is none.
 *
 * @throws RollcallError from its constructor and from every statement: DATABASE_UNAVAILABLE for a failure
 * that may pass, such as a lock or a full disk, and DATABASE_FAILED if the file cannot be used.
 */
export class SqliteFile implements SqliteDatabase {
  readonly #sqlite: Sqlite.Database
  readonly #options: SqliteOptions
  readonly #logSize: Sqlite.Statement<[], LogSize>
  readonly #ownChanges: Sqlite.Statement<[], number>
  readonly #othersVersion: Sqlite.Statement<[], number>
  /** The number of own changes; null if it was not read since the last own write. */
  #knownChanges: number | null = null
  /** The version of what others have written; null if this turn of the event loop has not read it. */
  #knownVersion: number | null = null
  readonly #statements = new Map<string, PreparedStatement>()

  constructor(options: SqliteOptions) {
    this.#sqlite = openFile(options.path, { readonly: options.readonly ?? false })
    this.#options = options
    try {
      this.#logSize = explained(options.path, () => this.#sqlite.prepare('pragma wal_checkpoint(NOOP)'))
      this.#ownChanges = this.#sqlite.prepare<[], number>('select total_changes()').pluck()
      this.#othersVersion = this.#sqlite.prepare<[], number>('pragma data_version').pluck()
    } catch (failure) {
      this.#sqlite.close()
      throw failure
    }
  }

  get inTransaction(): boolean {
    return this.#sqlite.inTransaction
  }

  /**
   * A text that differs whenever the database may have changed, by another connection at the latest from the
   * next turn of the event loop on: that version takes a lock of the file, and every query asks for it.
   */
  get version(): string {
    if (this.#knownChanges === null || this.#knownVersion === null) this.#explained(this.#readVersion)
    return `${this.#knownChanges} ${this.#knownVersion}`
  }

  readonly #readVersion = (): void => {
    if (this.#knownVersion === null) {
      this.#knownVersion = this.#othersVersion.get() ?? 0
      setImmediate(this.#forgetVersion)
    }
    this.#knownChanges ??= this.#ownChanges.get() ?? 0
  }

  readonly #forgetVersion = (): void => {
    this.#knownVersion = null
  }

  prepare(sql: string): SqliteStatement {
    this.#options.onStatement(sql)
    return this.#prepared(sql)
  }

  /** Tells whether a statement writes. */
  writes(sql: string): boolean {
    return !this.#prepared(sql).readonly
  }

  #prepared(sql: string): PreparedStatement {
    const statement = this.#statements.get(sql) ?? this.#prepareNew(sql)
    // The map keeps the order of use, so its first entry is dropped.
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

  #prepareNew(sql: string): PreparedStatement {
    const statement = this.#explained(() => this.#sqlite.prepare(sql))
    const beforeWrite = () => {
      if (statement.readonly) return
      this.#knownChanges = null
      // A transaction checks it when it begins and when it ends.
      if (!this.#sqlite.inTransaction) this.#options.health.ensureWritable()
    }
    return {
      reader: statement.reader,
      readonly: statement.readonly,
      all: (parameters) => {
        beforeWrite()
        return this.#explained(() => statement.all(...parameters))
      },
      run: (parameters) => {
        beforeWrite()
        return this.#explained(() => statement.run(...parameters))
      },
      // Kysely streams only queries.
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
   * Called before and after each transaction.
   *
   * @throws RollcallError DATABASE_UNAVAILABLE if the files are not those that were opened
   */
  ensureWritable(): void {
    this.#options.health.ensureWritable()
  }

  /**
   * Called after a commit of another connection of this process, before it is reported as done.
   *
   * @throws RollcallError as `ensureWritable` does
   */
  noteCommitOfAnother(): void {
    this.#forgetVersion()
    this.noteCommit()
    this.ensureWritable()
  }

  /** Reports the length of the log; called after each commit. */
  noteCommit(): void {
    const { log = 0, checkpointed = 0 } = this.#logSize.get() ?? {}
    this.#options.onCommit(log - checkpointed)
  }

  close(): void {
    this.#statements.clear()
    this.#sqlite.close()
  }
}
