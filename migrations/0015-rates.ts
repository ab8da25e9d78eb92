import { type Kysely, sql } from 'kysely'

/** A table that counts over all processes how much callers of the API have used of their limits. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('rates')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('points', 'integer', (column) => column.notNull())
    .addColumn('ends_at', 'integer', (column) => column.notNull())
    .modifyEnd(sql`strict`)
    .execute()
}
