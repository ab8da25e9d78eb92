import pg from 'pg'

/** A table and its indexes, as PostgreSQL counts them. */
export interface TableSize {
  table: string
  rows: number
  deadRows: number
  tableBytes: number
  indexBytes: number
  /** Row versions that updates have written so far, and how many of them no index had to hear of. */
  updates: number
  hotUpdates: number
  vacuums: number
}

const TABLES = ['devices', 'probes', 'refresh_targets', 'refreshes', 'host_keys', 'device_facts', 'sites']

/** Returns the tables that refreshes write to or read, the largest first. */
export async function tableSizes(url: string): Promise<TableSize[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<keyof TableSize, string>>(
      `select relname as "table", n_live_tup as rows, n_dead_tup as "deadRows",
        pg_table_size(relid) as "tableBytes", pg_indexes_size(relid) as "indexBytes",
        n_tup_upd as updates, n_tup_hot_upd as "hotUpdates", vacuum_count + autovacuum_count as vacuums
      from pg_stat_user_tables where relname = any($1) and schemaname = 'public'
      order by pg_total_relation_size(relid) desc`,
      [TABLES],
    )
    return rows.map(({ table, ...counts }) => ({ table, ...toNumbers(counts) }))
  } finally {
    await client.end()
  }
}

function toNumbers<Key extends string>(texts: Record<Key, string>): Record<Key, number> {
  const numbers = Object.entries<string>(texts).map(([key, text]) => [key, Number(text)])
  return Object.fromEntries(numbers) as Record<Key, number>
}
