import { type Kysely, sql } from 'kysely'

/** What devices are known by and say of themselves, and what was negotiated with them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db

  await schema
    .createTable('host_keys')
    .addColumn('device_id', 'integer', (column) => column.primaryKey().references('devices.id'))
    .addColumn('algorithm', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('first_seen_at', 'integer', (column) => column.notNull())
    // The key that was offered instead; all three are null where there is none.
    .addColumn('offered_algorithm', 'text')
    .addColumn('offered_fingerprint', 'text')
    .addColumn('offered_at', 'integer')
    .modifyEnd(sql`strict`)
    .execute()

  await schema
    .createTable('device_facts')
    .addColumn('device_id', 'integer', (column) => column.primaryKey().references('devices.id'))
    .addColumn('hostname', 'text')
    .addColumn('vendor', 'text')
    .addColumn('model', 'text')
    .addColumn('os_version', 'text')
    .addColumn('serial_number', 'text')
    .addColumn('read_from', 'text', (column) => column.notNull())
    .addColumn('read_at', 'integer', (column) => column.notNull())
    .modifyEnd(sql`strict`)
    .execute()
  await schema.createIndex('device_facts_os_version').on('device_facts').column('os_version').execute()

  await schema.alterTable('probes').addColumn('algorithms', 'text').execute()
}
