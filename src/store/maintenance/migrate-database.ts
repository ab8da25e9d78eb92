import type { Closable } from '../../base/close.ts'
import { type Logger, silentLogger } from '../../base/log.ts'
import { isPostgresUrl } from '../../config/postgres-url.ts'
import type { PostgresLogin } from '../postgres/open.ts'
import { DatabaseLock } from '../sqlite/database-lock.ts'
import { openSqliteDatabase } from '../sqlite/open.ts'
import { inspect } from './check-database.ts'

/**
 * Returns the names of the migrations that a database lacks, in their order; writes nothing.
 *
 * @throws RollcallError as `openStore` does
 */
export async function dueMigrations(database: string, login: PostgresLogin): Promise<readonly string[]> {
  const opened = await inspect(database, login)
  await opened.close()
  return opened.due
}

/**
 * Runs the migrations that a database lacks, all or none.
 *
 * @throws RollcallError DATABASE_IN_USE or DATABASE_FAILED if a gateway uses it, else as `openStore` does
 */
export async function migrateDatabase(database: string, login: PostgresLogin, log: Logger): Promise<void> {
  const lock = await lockDatabase(database, login)
  try {
    const opened = await openToMigrate(database, login, log)
    await opened.close()
  } finally {
    await lock.close()
  }
}

async function lockDatabase(database: string, login: PostgresLogin): Promise<Closable> {
  if (!isPostgresUrl(database)) return new DatabaseLock(database, silentLogger)
  const { lockPostgres } = await import('../postgres/open.ts')
  return await lockPostgres(database, login)
}

async function openToMigrate(database: string, login: PostgresLogin, log: Logger): Promise<Closable> {
  const onStatement = () => {}
  if (!isPostgresUrl(database)) {
    return await openSqliteDatabase({
      path: database,
      log,
      onStatement,
      checkAfterMs: 60_000,
      isLocked: true,
    })
  }
  const { openPostgresDatabase } = await import('../postgres/open.ts')
  return await openPostgresDatabase({ url: database, ...login, log, onStatement })
}
