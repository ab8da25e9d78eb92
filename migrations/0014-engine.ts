import { type Kysely, sql } from 'kysely'

/** Tables for the messages between engines and other processes. One process on SQLite needs none of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db
  await schema
    .createTable('engine')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('term', 'integer', (column) => column.notNull())
    .addColumn('holder', 'text')
    .addColumn('seen_at', 'integer', (column) => column.notNull())
    .addColumn('state', 'text')
    .modifyEnd(sql`strict`)
    .execute()
  await schema
    .createTable('engine_commands')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('arguments', 'text', (column) => column.notNull())
    .addColumn('sent_at', 'integer', (column) => column.notNull())
    .addColumn('term', 'integer')
    .addColumn('answer', 'text')
    .modifyEnd(sql`strict`)
    .execute()
}
