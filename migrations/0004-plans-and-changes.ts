import { type Kysely, sql } from 'kysely'

/** What syncs were going to do, and every change of a device. Ids are not given twice: rows are pruned, clients keep ids. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db

  // The stable key that the source gives; null where it gives none.
  await schema.alterTable('devices').addColumn('source_key', 'text').execute()
  // Who decommissioned it by hand; null where a source did, and while it is active.
  await schema.alterTable('devices').addColumn('decommissioned_by', 'text').execute()

  await schema
    .createTable('sync_plans')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('created', 'integer', (column) => column.notNull())
    .addColumn('updated', 'integer', (column) => column.notNull())
    .addColumn('decommissioned', 'integer', (column) => column.notNull())
    .addColumn('unchanged', 'integer', (column) => column.notNull())
    .addColumn('rejected', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('planned_at', 'integer', (column) => column.notNull())
    .addColumn('decided_at', 'integer')
    .addColumn('decided_by', 'text')
    .modifyEnd(sql`strict`)
    .execute()
  await schema.createIndex('sync_plans_state').on('sync_plans').column('state').execute()
  await schema.createIndex('sync_plans_planned').on('sync_plans').column('planned_at').execute()

  await schema
    .createTable('changes')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('device_id', 'integer', (column) => column.notNull().references('devices.id'))
    .addColumn('fields', 'text', (column) => column.notNull())
    .modifyEnd(sql`strict`)
    .execute()
  await schema.createIndex('changes_device').on('changes').column('device_id').execute()
  await schema.createIndex('changes_at').on('changes').column('at').execute()

  // Without it each capability set that is pruned costs a scan of all probes: SQLite checks their foreign key.
  await schema.createIndex('probes_capability_set').on('probes').column('capability_set_id').execute()
}
