import { type Kysely, sql } from 'kysely'

/** How many devices a prober probes at once; null for a process that is no prober, or of an older version. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table processes add column concurrency bigint`.execute(db)
}
