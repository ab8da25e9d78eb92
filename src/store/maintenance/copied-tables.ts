import { type Kysely, sql } from 'kysely'
import type { Database } from '../tables/database.ts'
import type { TableColumns } from './table-rows.ts'

/**
 * The primary key of each table. A table comes after those that it refers to. Null for a table that is not
 * copied: it describes the processes that use a database.
 */
const KEYS: { readonly [Table in keyof Database]: readonly (keyof Database[Table] & string)[] | null } = {
  countries: ['id'],
  sites: ['id'],
  capability_sets: ['id'],
  capability_set_members: ['set_id', 'uri'],
  devices: ['id'],
  refreshes: ['id'],
  refresh_targets: ['refresh_id', 'device_id'],
  probes: ['id'],
  host_keys: ['device_id'],
  device_facts: ['device_id'],
  credentials: ['name'],
  tokens: ['id'],
  planned_change_sets: ['id'],
  planned_changes: ['id'],
  sync_plans: ['id'],
  changes: ['id'],
  processes: null,
  engine: null,
  engine_commands: null,
  rates: null,
}

/** Columns that triggers maintain, by table. */
const COUNTED: Readonly<Record<string, readonly string[]>> = { sites: ['active_devices'] }

/**
 * Returns the tables that are copied from SQLite to PostgreSQL, in an order in which they can be filled, with
 * the columns that the databases do not compute themselves.
 */
export async function copiedTables(sqlite: Kysely<Database>): Promise<TableColumns[]> {
  const { rows } = await sql<{ table: string; column: string }>`
    select tables.name as "table", columns.name as "column"
    from sqlite_schema as tables join pragma_table_xinfo(tables.name) as columns
    where tables.type = 'table' and columns.hidden = 0
    order by tables.name, columns.cid`.execute(sqlite)
  return Object.entries(KEYS).flatMap(([table, key]) => {
    if (key === null) return []
    const own = rows.filter((row) => row.table === table).map(({ column }) => column)
    return [{ table, key, columns: own.filter((column) => !COUNTED[table]?.includes(column)) }]
  })
}

/** Returns the tables of PostgreSQL whose ids the database gives. */
export async function tablesWithIdentity(postgres: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ table: string }>`
    select table_name::text as "table" from information_schema.columns
    where table_schema = current_schema() and is_identity = 'YES' and column_name = 'id'`.execute(postgres)
  return rows.map(({ table }) => table)
}

/**
 * Returns the id that follows the last one that SQLite has given in a table. Some tables remember it when the
 * row is deleted.
 */
export async function nextId(sqlite: Kysely<Database>, table: string): Promise<number> {
  const { rows } = await sql<{ last: number }>`
    select max(
      (select coalesce(max(id), 0) from ${sql.table(table)}),
      (select coalesce(max(seq), 0) from sqlite_sequence where name = ${table})
    ) as last`.execute(sqlite)
  return (rows[0]?.last ?? 0) + 1
}
