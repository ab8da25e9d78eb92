import { type Kysely, sql } from 'kysely'
import { RollcallError } from '../../base/errors.ts'
import type { Database } from '../tables/database.ts'
import type { PgClient } from './pg-connections.ts'

const PROCESS = 'select pg_backend_pid() as pid'

/**
 * Checks that connections keep their sessions. Behind a pooler that pools by transaction, the transaction of
 * another connection gets the server process that an idle one had before. An advisory lock and LISTEN would
 * be in a session that others use, and several engines would work at the same time.
 *
 * @param db opens other connections
 * @throws RollcallError DATABASE_FAILED
 */
export async function checkSession(
  connect: () => Promise<PgClient>,
  db: Kysely<Database>,
  name: string,
): Promise<void> {
  const client = await connect()
  try {
    const own = await processOf(client)
    const isKept = await db.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`${sql.raw(PROCESS)}`.execute(transaction)
      return rows[0]?.pid !== own && (await processOf(client)) === own
    })
    if (isKept) return
  } finally {
    await client.end()
  }
  throw new RollcallError(
    'DATABASE_FAILED',
    `The database ${name} is behind a pooler that pools by transaction, and Rollcall needs sessions of its ` +
      'own; connect to PostgreSQL directly, or have it pool by session (PgBouncer: pool_mode = session).',
  )
}

async function processOf(client: PgClient): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>(PROCESS)
  return rows[0]?.pid
}
