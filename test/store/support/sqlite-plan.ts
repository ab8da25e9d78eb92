import { CompiledQuery, type Kysely } from 'kysely'
import type { Database } from '../../../src/store/tables/database.ts'

/** Returns how SQLite runs a statement: the lines of EXPLAIN QUERY PLAN. What is bound to it makes no difference. */
export async function planOf(db: Kysely<Database>, sql: string): Promise<string[]> {
  const unbound = new Array(sql.split('?').length - 1).fill(null)
  const explained = CompiledQuery.raw(`explain query plan ${sql}`, unbound)
  const { rows } = await db.executeQuery<{ detail: string }>(explained as CompiledQuery<{ detail: string }>)
  return rows.map(({ detail }) => detail)
}
