import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { from } from 'pg-copy-streams'
import type { Database } from '../tables/database.ts'
import { BEGIN } from './connections.ts'
import { accessOf, type PostgresLogin } from './open.ts'
import { connectClient, type PgClient } from './pg-connections.ts'
import { explanationOf } from './postgres-failure.ts'

export interface BulkLoad {
  /** For other statements in the same transaction. */
  readonly db: Kysely<Database>
  /** Adds rows to a table; `texts` are lines in the text format of COPY. */
  copy(
    into: { table: string; columns: readonly string[] },
    texts: AsyncIterable<string>,
    signal: AbortSignal,
  ): Promise<void>
}

/**
 * Runs `work` in one transaction that may load many rows. It is committed when `work` resolves, else rolled
 * back.
 *
 * @throws RollcallError as the statements of a store do
 */
export async function loadInTransaction<T>(
  url: string,
  login: PostgresLogin,
  work: (load: BulkLoad) => Promise<T>,
): Promise<T> {
  const access = accessOf(url, login)
  try {
    const client = await connectClient(access, 'copy')
    try {
      await client.query(BEGIN)
      const result = await work(bulkLoadOver(client))
      await client.query('commit')
      return result
    } finally {
      // The server rolls back what was not committed.
      await client.end().catch(() => undefined)
    }
  } catch (failure) {
    throw explanationOf(failure, access.place, { isOpen: true })
  }
}

function bulkLoadOver(client: PgClient): BulkLoad {
  const pooled = Object.assign(client, { release: () => undefined })
  const pool = { options: {}, connect: async () => pooled, end: async () => undefined }
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  return {
    db,
    copy: async ({ table, columns }, texts, signal) => {
      const names = sql.join(columns.map((column) => sql.id(column)))
      const { sql: statement } = sql`copy ${sql.table(table)} (${names}) from stdin`.compile(db)
      try {
        await pipeline(Readable.from(texts), client.query(from(statement)), { signal })
      } catch (failure) {
        signal.throwIfAborted()
        throw failure
      }
    },
  }
}
