import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { checkDatabase } from '../../../src/store/maintenance/check-database.ts'
import { openStore } from '../../../src/store/store.ts'
import { idsByName, newRefresh, record, sync } from '../support/fixture.ts'
import { databaseWithoutTables } from '../support/test-database.ts'

const MIGRATIONS = join(import.meta.dirname, '../../../migrations/postgres')

const names = (await readdir(MIGRATIONS)).map((file) => file.replace(/\.ts$/, '')).sort()

/** Rows as the first version for PostgreSQL wrote them; the ids of some are given by the database. */
const ROWS = `
  insert into countries (name, region) values ('France', 'EMEA');
  insert into sites (country_id, name) values (1, 'Paris');
  insert into capability_sets (hash, uris) values ('h', '["urn:base:1.0"]');
  insert into devices (id, site_id, name, address, port, lifecycle, source, first_seen_at, last_seen_at,
      last_probe_id, last_outcome, last_phase, last_probed_at, netconf_supported, capability_set_id)
    values (1, 1, 'r1', 'r1.example.net', 830, 'ACTIVE', 'global', 1, 2, 7, 'SUPPORTED', 'CLOSE', 9, 1, 1);
  insert into refreshes (state, trigger, scope, sync, force, created_at, finished_at, total, outcome_counts)
    values ('COMPLETED', 'CLI', '{"countryIds":[],"siteIds":[],"deviceIds":[1]}', 0, 1, 3, 10, 1, '{"SUPPORTED":1}');
  insert into probes (id, device_id, refresh_id, seq, outcome, phase, started_at, duration_ms, attempt,
      capability_set_id, missing_capabilities)
    values (7, 1, 1, 1, 'SUPPORTED', 'CLOSE', 5, 4.25, 1, 1, '[]');
  insert into tokens (name, role, hash, created_at) values ('ci', 'OPERATOR', 'hash', 5)`

/** The URL of a database of an older version, removed with the test. */
async function databaseOf(version: string): Promise<string> {
  const url = await databaseWithoutTables()
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  const known = names.filter((each) => each <= version)
  const modules = known.map(async (each) => [each, await import(join(MIGRATIONS, `${each}.ts`))])
  const migrations = Object.fromEntries(await Promise.all(modules))
  const provider = { getMigrations: async () => migrations }
  const { error } = await new Migrator({
    db,
    provider,
    migrationTableName: 'kysely_migration',
  }).migrateToLatest()
  expect(error).toBeUndefined()
  await sql.raw(ROWS).execute(db)
  await db.destroy()
  return url
}

describe('a PostgreSQL database of an older version', () => {
  it.each(names)('is brought up to date with all that it has: %s', async (version) => {
    const database = await databaseOf(version)
    expect((await checkDatabase(database, {})).due).toEqual(names.filter((name) => name > version))
    const store = await openStore({ database, log: silentLogger })
    onTestFinished(() => store.close())
    expect(await store.devices.byIds([1])).toMatchObject([{ name: 'r1', lastProbeId: 7, capabilitySetId: 1 }])
    expect(await store.devices.count({ phase: ['CLOSE'] })).toBe(1)
    expect(await store.refreshes.byIds([1])).toMatchObject([
      { state: 'COMPLETED', outcomeCounts: { SUPPORTED: 1 } },
    ])
    expect(await store.probes.byIds([7])).toMatchObject([{ seq: 1, durationMs: 4.25 }])
    expect(await store.tokens.byHash('hash')).toMatchObject({ name: 'ci', role: 'OPERATOR' })
    // It takes what this version writes.
    await sync(store, [record('France/Lyon/l1')], { source: 'lab' })
    expect(await idsByName(store)).toEqual({ r1: 1, l1: 2 })
    expect((await newRefresh(store)).id).toBe(2)
    expect((await checkDatabase(database, {})).due).toEqual([])
  })
})
