import { sql } from 'kysely'
import { type Logger, silentLogger } from '../../base/log.ts'
import type { InspectedDatabase, OpenDatabase } from '../opening/open-database.ts'
import { Checkpoints } from './checkpoints.ts'
import { DatabaseLock } from './database-lock.ts'
import { openSqlite, setShortBusyTimeout, useWriteAheadLog, withoutWaiting } from './dialect.ts'
import { FilesHealth } from './files-health.ts'
import { checkSchema, checkVersion, migrate } from './migrate.ts'

export interface SqliteDatabaseOptions {
  path: string
  log: Logger
  onStatement: (sql: string) => void
  checkAfterMs: number
  /** Whether the caller has locked the database. Default: false. */
  isLocked?: boolean
}

/**
 * Opens the file, which is created if it does not exist, and brings it up to date.
 *
 * @throws RollcallError as `openStore` does; also DATABASE_IN_USE if the file is of an older version and
 * another process uses it
 */
export async function openSqliteDatabase({
  path,
  log,
  onStatement,
  checkAfterMs,
  isLocked = false,
}: SqliteDatabaseOptions): Promise<OpenDatabase> {
  const health = new FilesHealth(log)
  const onCommit = (pagesInLog: number) => checkpoints.moveIfDue(pagesInLog)
  const { db, version, letAnotherWrite } = openSqlite({ path, onStatement, onCommit, health })
  const checkpoints = new Checkpoints(path, {
    log,
    checkAfterMs,
    onDamage: (damage) => health.noteDamage(damage),
  })
  try {
    const { tables, due } = await checkVersion(db, path)
    await useWriteAheadLog(db)
    // A gateway of an older version would go on with tables that it does not know.
    const isOlder = tables.length > 0 && due.length > 0
    const lock = isOlder && !isLocked ? new DatabaseLock(path, log) : null
    try {
      await migrate(db, path, log)
    } finally {
      await lock?.close()
    }
    await checkSchema(db, path)
    // If there was nothing to migrate, nothing was written so far, so a read-only file is noticed only here.
    await sql`delete from refreshes where false`.execute(db)
    await setShortBusyTimeout(db)
    health.watch(path)
  } catch (failure) {
    await checkpoints.close()
    await db.destroy()
    throw failure
  }
  return {
    name: path,
    db,
    health,
    version,
    letAnotherWrite,
    withoutWaiting: (work) => withoutWaiting(db, work),
    shared: null,
    lock: async () => {
      const lock = new DatabaseLock(path, log)
      health.add(() => lock.problem())
      return lock
    },
    close: async () => {
      // Waits for the only connection, and so for the transaction that may be using it.
      await db.connection().execute(async () => undefined)
      await checkpoints.close()
      await health.close()
      await db.destroy()
    },
  }
}

/** The connection that reads has 16 MB of the same pages. */
const WRITER_CACHE_KIB = 4_000

const UNOBSERVED = { onStatement: () => {}, onCommit: () => {} }

/**
 * Opens the file for reading only, as it is. A gateway may be using it.
 *
 * @throws RollcallError as `openStore` does
 */
export async function inspectSqlite(path: string): Promise<InspectedDatabase> {
  const { db } = openSqlite({ path, readonly: true, health: new FilesHealth(silentLogger), ...UNOBSERVED })
  try {
    return { name: path, db, ...(await checkVersion(db, path)), close: () => db.destroy() }
  } catch (failure) {
    await db.destroy()
    throw failure
  }
}

/**
 * Rebuilds the file without the pages that are free.
 *
 * @throws RollcallError DATABASE_IN_USE if a gateway uses it, else as `openStore` does
 */
export async function vacuumSqlite(path: string): Promise<void> {
  const lock = new DatabaseLock(path, silentLogger)
  try {
    const { db } = openSqlite({ path, health: new FilesHealth(silentLogger), ...UNOBSERVED })
    try {
      await checkVersion(db, path)
      await sql`vacuum`.execute(db)
      await sql`pragma wal_checkpoint(TRUNCATE)`.execute(db)
    } finally {
      await db.destroy()
    }
  } finally {
    await lock.close()
  }
}

/** Opens the file for reading only, while `openSqliteDatabase` has it open. */
export function openSqliteReader(path: string): OpenDatabase {
  const health = new FilesHealth(silentLogger)
  const { db, version } = openSqlite({ path, readonly: true, health, ...UNOBSERVED })
  return {
    name: path,
    db,
    health,
    version,
    letAnotherWrite: null,
    withoutWaiting: (work) => work(db),
    shared: null,
    lock: () => Promise.reject(new Error('A reader locks nothing.')),
    close: async () => {
      await db.connection().execute(async () => undefined)
      await db.destroy()
    },
  }
}

/**
 * Opens another connection to the file, in a thread, while `openSqliteDatabase` has it open. Its transactions
 * belong into `letAnotherWrite` of that.
 *
 * @throws RollcallError as `openStore` does
 */
export async function openSqliteWriter(path: string): Promise<Pick<OpenDatabase, 'db' | 'health' | 'close'>> {
  const health = new FilesHealth(silentLogger)
  const { db } = openSqlite({ path, health, ...UNOBSERVED })
  try {
    await useWriteAheadLog(db)
    await setShortBusyTimeout(db)
    await sql`pragma cache_size = ${sql.lit(-WRITER_CACHE_KIB)}`.execute(db)
    // For each statement, SQLite keeps the pages as they were before it, in a temporary file once they are
    // more than 64 KB. A batch changes a few hundred pages, and writing them there took a sixth of its time.
    await sql`pragma temp_store = MEMORY`.execute(db)
  } catch (failure) {
    await db.destroy()
    throw failure
  }
  return { db, health, close: () => db.destroy() }
}
