import { type Kysely, sql } from 'kysely'

/** Times are epoch milliseconds, JSON is text, booleans are 0 and 1. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db

  await schema
    .createTable('countries')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('region', 'text')
    .modifyEnd(sql`strict`)
    .execute()

  await schema
    .createTable('sites')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('country_id', 'integer', (column) => column.notNull().references('countries.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addUniqueConstraint('sites_country_name', ['country_id', 'name'])
    .modifyEnd(sql`strict`)
    .execute()
  await schema.createIndex('sites_name').on('sites').column('name').execute()

  await schema
    .createTable('capability_sets')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('uris', 'text', (column) => column.notNull())
    .modifyEnd(sql`strict`)
    .execute()

  await schema
    .createTable('capability_set_members')
    .addColumn('set_id', 'integer', (column) => column.notNull().references('capability_sets.id'))
    .addColumn('uri', 'text', (column) => column.notNull())
    .addColumn('namespace', 'text', (column) => column.notNull())
    .addColumn('module', 'text')
    .addColumn('revision', 'text')
    .addPrimaryKeyConstraint('capability_set_members_key', ['set_id', 'uri'])
    .modifyEnd(sql`strict, without rowid`)
    .execute()
  await schema.createIndex('capability_set_members_uri').on('capability_set_members').column('uri').execute()
  await schema
    .createIndex('capability_set_members_module')
    .on('capability_set_members')
    .columns(['module', 'revision'])
    .execute()

  await schema
    .createTable('devices')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('site_id', 'integer', (column) => column.notNull().references('sites.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('port', 'integer', (column) => column.notNull())
    .addColumn('platform', 'text')
    .addColumn('credential', 'text')
    .addColumn('lifecycle', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('first_seen_at', 'integer', (column) => column.notNull())
    .addColumn('last_seen_at', 'integer', (column) => column.notNull())
    .addColumn('last_probe_id', 'integer')
    .addColumn('last_outcome', 'text')
    .addColumn('last_probed_at', 'integer')
    .addColumn('last_supported_at', 'integer')
    .addColumn('netconf_supported', 'integer')
    .addColumn('capability_set_id', 'integer', (column) => column.references('capability_sets.id'))
    .addColumn('missing_capabilities', 'text', (column) => column.notNull().defaultTo('[]'))
    .addUniqueConstraint('devices_site_name', ['site_id', 'name'])
    .modifyEnd(sql`strict`)
    .execute()
  await schema.createIndex('devices_name').on('devices').columns(['lifecycle', 'name']).execute()
  await schema.createIndex('devices_address').on('devices').columns(['lifecycle', 'address']).execute()
  await schema.createIndex('devices_last_seen').on('devices').columns(['lifecycle', 'last_seen_at']).execute()
  await schema
    .createIndex('devices_last_probed')
    .on('devices')
    .expression(sql`lifecycle, coalesce(last_probed_at, -1)`)
    .execute()
  // Covers the summaries: they are answered from the index alone.
  await schema
    .createIndex('devices_state')
    .on('devices')
    .columns(['lifecycle', 'site_id', 'last_outcome', 'last_probed_at'])
    .execute()
  await schema.createIndex('devices_source').on('devices').column('source').execute()
  await schema.createIndex('devices_capability_set').on('devices').column('capability_set_id').execute()

  await schema
    .createTable('refreshes')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('trigger', 'text', (column) => column.notNull())
    .addColumn('requested_by', 'text')
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('sync', 'integer', (column) => column.notNull())
    .addColumn('force', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('started_at', 'integer')
    .addColumn('finished_at', 'integer')
    .addColumn('error', 'text')
    // Null until the targets are settled.
    .addColumn('total', 'integer')
    .addColumn('outcome_counts', 'text', (column) => column.notNull().defaultTo('{}'))
    .modifyEnd(sql`strict`)
    .execute()
  await schema.createIndex('refreshes_state').on('refreshes').columns(['state', 'finished_at']).execute()

  await schema
    .createTable('refresh_targets')
    .addColumn('refresh_id', 'integer', (column) => column.notNull().references('refreshes.id'))
    .addColumn('device_id', 'integer', (column) => column.notNull().references('devices.id'))
    .addColumn('position', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('refresh_targets_key', ['refresh_id', 'device_id'])
    .modifyEnd(sql`strict, without rowid`)
    .execute()

  await schema
    .createTable('probes')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('device_id', 'integer', (column) => column.notNull().references('devices.id'))
    .addColumn('refresh_id', 'integer', (column) => column.references('refreshes.id'))
    .addColumn('seq', 'integer')
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('phase', 'text', (column) => column.notNull())
    .addColumn('message', 'text')
    .addColumn('started_at', 'integer', (column) => column.notNull())
    .addColumn('duration_ms', 'real', (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('capability_set_id', 'integer', (column) => column.references('capability_sets.id'))
    .addColumn('missing_capabilities', 'text', (column) => column.notNull())
    .addUniqueConstraint('probes_refresh_seq', ['refresh_id', 'seq'])
    .addUniqueConstraint('probes_refresh_device', ['refresh_id', 'device_id'])
    .modifyEnd(sql`strict`)
    .execute()
  await schema.createIndex('probes_device').on('probes').column('device_id').execute()
}
