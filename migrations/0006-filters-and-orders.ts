import { type Kysely, sql } from 'kysely'

/**
 * An index for every filter and order that the API offers. Those for an order go on with the id, where a page begins, and with
 * the lifecycle and the site, so that devices that are decommissioned or elsewhere are passed over without reading their rows.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db
  const index = (name: string, table: string, columns: string[]) =>
    schema.createIndex(name).on(table).columns(columns).execute()

  // Bounds by several columns, as those of pages are, take neither the id itself nor expressions nor nulls.
  for (const table of ['devices', 'sites']) {
    await schema
      .alterTable(table)
      .addColumn('id_key', 'integer', (column) => column.notNull().generatedAlwaysAs(sql`id`))
      .execute()
  }
  await schema
    .alterTable('devices')
    .addColumn('last_probed_key', 'integer', (column) =>
      column.notNull().generatedAlwaysAs(sql`coalesce(last_probed_at, -1)`),
    )
    .execute()

  for (const name of ['name', 'address', 'last_seen', 'last_probed', 'state', 'capability_set']) {
    await schema.dropIndex(`devices_${name}`).execute()
  }
  await index('devices_name', 'devices', ['name', 'id_key', 'lifecycle', 'site_id'])
  await index('devices_address', 'devices', ['address', 'id_key', 'lifecycle', 'site_id'])
  await index('devices_last_seen', 'devices', ['last_seen_at', 'id_key', 'lifecycle', 'site_id'])
  await index('devices_last_probed', 'devices', ['last_probed_key', 'id_key', 'lifecycle', 'site_id'])
  await index('devices_platform', 'devices', ['platform', 'lifecycle'])
  await index('devices_capability_set', 'devices', ['capability_set_id', 'lifecycle'])
  // These two cover the summaries: they are answered from the index alone.
  await index('devices_outcome', 'devices', ['last_outcome', 'lifecycle', 'last_probed_at'])
  await index('devices_state', 'devices', ['site_id', 'lifecycle', 'last_outcome', 'last_probed_at'])
  await schema
    .createIndex('devices_decommissioned')
    .on('devices')
    .column('lifecycle')
    .where(sql<boolean>`lifecycle = 'DECOMMISSIONED'`)
    .execute()

  await schema
    .alterTable('sites')
    .addColumn('active_devices', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await sql`
    update sites set active_devices =
      (select count(*) from devices where site_id = sites.id and lifecycle = 'ACTIVE')`.execute(db)
  await schema.dropIndex('sites_name').execute()
  // Unique, as SQLite would else sort the devices of each name.
  await schema.createIndex('sites_name').unique().on('sites').columns(['name', 'id_key']).execute()
  await index('sites_devices', 'sites', ['active_devices', 'name', 'id_key'])
  await index('countries_region', 'countries', ['region'])
  await index('capability_set_members_revision', 'capability_set_members', ['revision'])
  await index('probes_refresh_outcome', 'probes', ['refresh_id', 'outcome', 'seq'])

  await sql`
    create trigger devices_counted_insert after insert on devices when new.lifecycle = 'ACTIVE'
    begin
      update sites set active_devices = active_devices + 1 where id = new.site_id;
    end`.execute(db)
  await sql`
    create trigger devices_counted_delete after delete on devices when old.lifecycle = 'ACTIVE'
    begin
      update sites set active_devices = active_devices - 1 where id = old.site_id;
    end`.execute(db)
  await sql`
    create trigger devices_counted_update after update of site_id, lifecycle on devices
    when old.site_id is not new.site_id or old.lifecycle is not new.lifecycle
    begin
      update sites set active_devices = active_devices - 1
      where id = old.site_id and old.lifecycle = 'ACTIVE';
      update sites set active_devices = active_devices + 1
      where id = new.site_id and new.lifecycle = 'ACTIVE';
    end`.execute(db)
}
