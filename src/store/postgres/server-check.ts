import { type Kysely, sql } from 'kysely'
import { RollcallError } from '../../base/errors.ts'
import type { Database } from '../tables/database.ts'

const OLDEST_VERSION = 15

interface Server {
  version: string
  encoding: string
  schema: string | null
  tables: string[]
}

/**
 * Checks that the server and the database are such as Rollcall can use. Returns the names of all tables in
 * the schema that it uses.
 *
 * @throws RollcallError DATABASE_FAILED
 */
export async function checkServer(db: Kysely<Database>, name: string): Promise<string[]> {
  const { rows } = await sql<Server>`
    select current_setting('server_version') as version, current_setting('server_encoding') as encoding,
      current_schema() as schema,
      array(select tablename::text from pg_tables where schemaname = current_schema()) as tables`.execute(db)
  const { version = '', encoding = '', schema = null, tables = [] } = rows[0] ?? {}
  const problem =
    Number.parseInt(version, 10) < OLDEST_VERSION
      ? `is one of PostgreSQL ${version}, which is too old; use version ${OLDEST_VERSION} or newer`
      : encoding !== 'UTF8'
        ? `has the encoding ${encoding}; create one with the encoding UTF8`
        : schema === null
          ? 'has no schema in the search_path of this user; create one, or change the search_path'
          : null
  if (problem !== null) throw new RollcallError('DATABASE_FAILED', `The database ${name} ${problem}.`)
  return tables
}
