import type { Kysely } from 'kysely'

/** Remarks on a probe that do not change its outcome: a list of sentences as JSON; null if there are none. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('probes').addColumn('notes', 'text').execute()
}
