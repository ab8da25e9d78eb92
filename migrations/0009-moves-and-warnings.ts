import type { Kysely } from 'kysely'

/** How many devices a plan moves to another site, and what a person should know of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db
  await schema
    .alterTable('sync_plans')
    .addColumn('moved', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await schema
    .alterTable('sync_plans')
    .addColumn('warnings', 'text', (column) => column.notNull().defaultTo('[]'))
    .execute()
}
