import { Kysely } from 'kysely'
import type { Closable } from '../../base/close.ts'
import type { Database } from '../tables/database.ts'
import { Connections } from './connections.ts'
import { SerialDialect } from './dialect.ts'
import { accessOf, type PostgresLogin } from './open.ts'
import { createPool } from './pg-connections.ts'
import { explanationOf } from './postgres-failure.ts'

/** Statements of the queue that wait for each other are few; each prober has these connections. */
const CONNECTIONS = 4

/**
 * A network that is cut gives no sign of it. A prober has to notice well before its tasks are given to
 * another one.
 */
const ANSWER_WITHIN_MS = 4_000

/** Connections for the queue library, which writes its own SQL. */
export interface QueueConnections extends Closable {
  readonly db: Kysely<Database>
  /** Runs one statement, or several without values. Rejects with what `pg` rejects with. */
  executeSql(sql: string, values?: unknown[]): Promise<{ rows: unknown[] }>
  /** Returns a RollcallError for a failure of the database, and anything else unchanged. */
  explain(failure: unknown): unknown
}

/** Opens nothing yet: the first statement connects. */
export function createQueueConnections(url: string, login: PostgresLogin): QueueConnections {
  const access = accessOf(url, login)
  const pool = createPool(access, { max: CONNECTIONS, answerWithinMs: ANSWER_WITHIN_MS })
  const explain = (failure: unknown) => explanationOf(failure, access.place, { isOpen: true })
  const connections = new Connections({
    readers: pool,
    writer: null,
    // It may be behind a pooler that pools by transaction.
    names: null,
    onStatement: () => {},
    onWrite: () => {},
    ensureWritable: () => {},
    explain,
  })
  const db = new Kysely<Database>({ dialect: new SerialDialect(connections) })
  return {
    db,
    executeSql: (sql, values) => pool.query(sql, values),
    explain,
    close: () => db.destroy(),
  }
}
