import { type Kysely, sql } from 'kysely'
import { RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { Database } from '../tables/database.ts'

/** The columns that `contains` searches and that have many values. */
const SEARCHED = [
  ['devices', 'name'],
  ['devices', 'address'],
  ['device_facts', 'vendor'],
  ['device_facts', 'model'],
  ['device_facts', 'os_version'],
  ['sites', 'name'],
] as const

/**
 * Makes the indexes that serve `contains`, if the extension pg_trgm is there or may be created. It is no
 * migration, because the extension may come later.
 */
export async function indexTrigrams(db: Kysely<Database>, log: Logger): Promise<void> {
  const indexes = SEARCHED.map(([table, column]) => ({ table, column, name: `${table}_${column}_trigrams` }))
  const { rows } = await sql<{ name: string }>`
    select indexname as name from pg_indexes
    where schemaname = current_schema() and indexname like '%trigrams'`.execute(db)
  const missing = indexes.filter(({ name }) => !rows.some((row) => row.name === name))
  if (missing.length === 0) return
  const schema = (await schemaOfExtension(db)) ?? (await createExtension(db))
  if (schema === null) {
    log.warn(
      { event: 'database.without_trigrams' },
      'the database has no extension pg_trgm, so searches with `contains` read all devices; ' +
        'let a superuser run `create extension pg_trgm` there and restart',
    )
    return
  }
  const operators = sql.id(schema, 'gin_trgm_ops')
  for (const { table, column, name } of missing) {
    await sql`
      create index if not exists ${sql.id(name)}
      on ${sql.table(table)} using gin (${sql.id(column)} ${operators})`.execute(db)
  }
}

async function schemaOfExtension(db: Kysely<Database>): Promise<string | null> {
  const { rows } = await sql<{ schema: string }>`
    select nspname as schema from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
    where extname = 'pg_trgm'`.execute(db)
  return rows[0]?.schema ?? null
}

/** Returns null if this user may not create the extension, or the server does not have it. */
async function createExtension(db: Kysely<Database>): Promise<string | null> {
  try {
    await sql`create extension if not exists pg_trgm`.execute(db)
  } catch (failure) {
    if (failure instanceof RollcallError && failure.code === 'DATABASE_UNAVAILABLE') throw failure
    return null
  }
  return await schemaOfExtension(db)
}
