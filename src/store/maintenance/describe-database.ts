import { sql } from 'kysely'
import { isPostgresUrl } from '../../config/postgres-url.ts'
import type { PostgresLogin } from '../postgres/open.ts'
import { inspect } from './check-database.ts'

export interface DatabaseDescription {
  /** A path, or a URL without a password. */
  name: string
  kind: 'SQLite' | 'PostgreSQL'
  /** That of the SQLite library or of the PostgreSQL server. */
  version: string
  /** Whether it has no tables yet. */
  isEmpty: boolean
  /** The migrations that it lacks, in their order. */
  due: readonly string[]
}

/**
 * Says what a database is, which a gateway may be using; writes nothing.
 *
 * @throws RollcallError as `openStore` does
 */
export async function describeDatabase(database: string, login: PostgresLogin): Promise<DatabaseDescription> {
  const { name, db, tables, due, close } = await inspect(database, login)
  try {
    const isRemote = isPostgresUrl(database)
    const { rows } = await (isRemote
      ? sql<{ version: string }>`select current_setting('server_version') as version`
      : sql<{ version: string }>`select sqlite_version() as version`
    ).execute(db)
    return {
      name,
      kind: isRemote ? 'PostgreSQL' : 'SQLite',
      version: rows[0]?.version ?? '',
      isEmpty: tables.length === 0,
      due,
    }
  } finally {
    await close()
  }
}
