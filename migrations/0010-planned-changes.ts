import { type Kysely, sql } from 'kysely'

/** What each sync plan would change or has changed, device by device. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db

  // Equal lists of changes are stored once: a plan that nobody approves is planned again at every sync.
  await schema
    .createTable('planned_change_sets')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    // Null if no other plan may use the list.
    .addColumn('hash', 'text')
    .modifyEnd(sql`strict`)
    .execute()
  await schema
    .createIndex('planned_change_sets_hash')
    .on('planned_change_sets')
    .column('hash')
    .unique()
    .execute()

  await schema
    .createTable('planned_changes')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('set_id', 'integer', (column) => column.notNull().references('planned_change_sets.id'))
    .addColumn('action', 'text', (column) => column.notNull())
    // Null for a device that would be created.
    .addColumn('device_id', 'integer', (column) => column.references('devices.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('site', 'text', (column) => column.notNull())
    .addColumn('country', 'text', (column) => column.notNull())
    .addColumn('fields', 'text', (column) => column.notNull())
    // 1 for a change that awaits approval.
    .addColumn('is_held', 'integer', (column) => column.notNull())
    .modifyEnd(sql`strict`)
    .execute()
  // The action is in the index so that a filter on it reads nothing else.
  await schema
    .createIndex('planned_changes_order')
    .on('planned_changes')
    .columns(['set_id', 'name', 'action'])
    .execute()

  // Null for a plan without changes, and for plans from before this migration.
  await schema
    .alterTable('sync_plans')
    .addColumn('change_set_id', 'integer', (column) => column.references('planned_change_sets.id'))
    .execute()
  await schema.createIndex('sync_plans_change_set').on('sync_plans').column('change_set_id').execute()
}
