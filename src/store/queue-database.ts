import { sql } from 'kysely'
import type { Closable } from '../base/close.ts'
import { RollcallError } from '../base/errors.ts'
import { isPostgresUrl } from '../config/postgres-url.ts'
import type { QueueConnections } from './postgres/queue-connections.ts'
import { ProcessStore } from './process-store.ts'
import type { DatabaseAddress } from './store.ts'

/** The schema of the queue for a Rollcall in the schema `public`. */
const SCHEMA = 'rollcall_queue'

/**
 * The part of the database that the queue uses, and with it a prober. Opening it changes nothing, whatever
 * version of Rollcall has written the database.
 */
export interface QueueDatabase extends Closable, Pick<QueueConnections, 'executeSql' | 'explain'> {
  readonly processes: ProcessStore
  /** The schema of the queue, and whether it exists. Each Rollcall in a database has its own. */
  schema(): Promise<{ name: string; exists: boolean }>
}

/** @throws RollcallError CONFIG_INVALID if the database is not one of PostgreSQL, which alone has a queue */
export async function openQueueDatabase({
  database,
  postgres = {},
}: DatabaseAddress): Promise<QueueDatabase> {
  if (!isPostgresUrl(database)) {
    throw new RollcallError(
      'CONFIG_INVALID',
      'Probers need a PostgreSQL database, and "database" names a file. Set it to ' +
        'postgres://USER@HOST/DATABASE.',
    )
  }
  const { createQueueConnections } = await import('./postgres/queue-connections.ts')
  const connections = createQueueConnections(database, postgres)
  return {
    processes: new ProcessStore(connections.db),
    executeSql: connections.executeSql,
    explain: connections.explain,
    schema: () => schemaOf(connections),
    close: () => connections.close(),
  }
}

async function schemaOf({ db }: QueueConnections): Promise<{ name: string; exists: boolean }> {
  const { rows } = await sql<{ current: string | null; names: string[] }>`
    select current_schema() as current, array(select nspname::text from pg_namespace) as names`.execute(db)
  const { current = null, names = [] } = rows[0] ?? {}
  const name = current === null || current === 'public' ? SCHEMA : `${current}_queue`
  return { name, exists: names.includes(name) }
}
