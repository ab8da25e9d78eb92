import { type Kysely, sql } from 'kysely'

/** What keeps devices and credentials from being tried: both outlive a restart. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db

  await schema
    .createTable('credentials')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('rejections', 'integer', (column) => column.notNull())
    .addColumn('suspended_at', 'integer')
    .modifyEnd(sql`strict, without rowid`)
    .execute()

  await schema
    .alterTable('devices')
    .addColumn('failures', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await schema.alterTable('devices').addColumn('back_off_until', 'integer').execute()

  // The time goes to the row that every probe writes anyway: facts that have not changed need no write then.
  await schema.alterTable('devices').addColumn('facts_read_at', 'integer').execute()
  await sql`
    update devices set facts_read_at = device_facts.read_at
    from device_facts where device_facts.device_id = devices.id`.execute(db)
  await schema.alterTable('device_facts').dropColumn('read_at').execute()
}
