import pg from 'pg'

/** Ends all connections to a database of PostgreSQL that have this name. Returns how many there were. */
export async function endConnections(database: string, applicationName: string): Promise<number> {
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  try {
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = $1`,
      [applicationName],
    )
    return rowCount ?? 0
  } finally {
    await client.end()
  }
}
