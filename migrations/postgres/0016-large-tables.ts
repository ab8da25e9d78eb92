import { type Kysely, sql } from 'kysely'

/** Prepares PostgreSQL for a million devices; SQLite needs nothing. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...ORDER, ...COVERING, ...VACUUM]) await sql.raw(statement).execute(db)
}

/**
 * The name of the country of each site, so that an index has the order by country, site and device. Kept by
 * triggers, because nothing but this order reads it.
 */
const ORDER = [
  'alter table sites add column country_name text collate "C"',
  `update sites set country_name = countries.name from countries where countries.id = sites.country_id`,
  'alter table sites alter column country_name set not null',
  'create index sites_country on sites (country_name, name)',
  `create function rollcall_name_country() returns trigger language plpgsql as $$
  begin
    new.country_name := (select name from countries where id = new.country_id);
    return new;
  end $$`,
  `create trigger sites_country_named before insert or update of country_id on sites
  for each row execute function rollcall_name_country()`,
  `create function rollcall_rename_country() returns trigger language plpgsql as $$
  begin
    update sites set country_name = new.name where country_id = new.id;
    return null;
  end $$`,
  `create trigger countries_renamed after update of name on countries
  for each row execute function rollcall_rename_country()`,
]

/**
 * Indexes that also have what pages and summaries read. The planner does not know how many devices have one of
 * a few capability sets or platforms, and would read the whole table.
 */
const COVERING = [
  'drop index devices_capability_set',
  `create index devices_capability_set on devices (capability_set_id, lifecycle)
  include (id, last_outcome, last_probed_at)`,
  'drop index devices_platform',
  'create index devices_platform on devices (platform, lifecycle) include (id, last_outcome, last_probed_at)',
]

/** Each probe writes a new version of its device. By default, a fifth of the table may be dead versions. */
const VACUUM = [
  `alter table devices set (
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
  )`,
]
