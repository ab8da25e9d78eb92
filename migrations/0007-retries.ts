import type { Kysely } from 'kysely'

/** Which refresh a refresh tries again; null where it is none of these. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db
  await schema
    .alterTable('refreshes')
    .addColumn('retry_of', 'integer', (column) => column.references('refreshes.id'))
    .execute()
  // Without it each refresh that is pruned costs a scan of all: SQLite checks their foreign key.
  await schema.createIndex('refreshes_retry_of').on('refreshes').column('retry_of').execute()
}
