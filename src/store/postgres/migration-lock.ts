import type { PgClient } from './pg-connections.ts'

/**
 * Does `work` while no other process does this on the same database: it waits for its turn. Statements that
 * make something only if it does not exist fail if two run at once (PostgreSQL: unique violations in its
 * catalogs), and processes of a cluster start together.
 */
export async function inTurn<T>(connect: () => Promise<PgClient>, work: () => Promise<T>): Promise<T> {
  const client = await connect()
  try {
    // The migration of another process may take longer than a statement waits for a lock.
    await client.query('set lock_timeout = 0')
    await client.query('select pg_advisory_lock(hashtextextended(current_schema(), 7265))')
    return await work()
  } finally {
    // The server releases the lock with the session.
    await client.end()
  }
}
