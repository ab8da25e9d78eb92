import { type Kysely, sql } from 'kysely'

/**
 * Indexes of PostgreSQL that answer alone what pages and counts look up first: the ids of the devices that match, and the
 * sites of countries with their numbers of devices. In SQLite every index has the id. All have `id_key`, since that is what
 * the indexes of orders have, and the planner does not know that it is the id.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  'drop index devices_state',
  `create index devices_state on devices (site_id, lifecycle, last_outcome, last_probed_at)
  include (id_key)`,
  'drop index devices_capability_set',
  `create index devices_capability_set on devices (capability_set_id, lifecycle)
  include (id_key, last_outcome, last_probed_at)`,
  'drop index devices_platform',
  `create index devices_platform on devices (platform, lifecycle)
  include (id_key, last_outcome, last_probed_at)`,
  'alter table devices drop constraint devices_site_name',
  `alter table devices add constraint devices_site_name unique (site_id, name)
  include (id_key, lifecycle)`,
  'create index sites_of_country on sites (country_id) include (id, active_devices)',
]
