import type { Kysely } from 'kysely'

/** How many devices a prober probes at once; null for a process that is no prober, or of an older version. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('processes').addColumn('concurrency', 'integer').execute()
}
