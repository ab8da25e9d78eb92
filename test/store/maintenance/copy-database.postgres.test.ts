import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { sql } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { type CopiedTable, copyDatabase } from '../../../src/store/maintenance/copy-database.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { addHistory, records } from '../../api/support/edge-data.ts'
import { runInProcess } from '../../cli/run-in-process.ts'
import { startRollcall } from '../../cli/run-rollcall.ts'
import {
  FIRST_TRY,
  idsByName,
  newRefresh,
  record,
  report,
  sync,
  temporaryFolder,
} from '../support/fixture.ts'
import { newDatabase, otherConnection } from '../support/test-database.ts'

/** Characters that the text format of COPY escapes, or that PostgreSQL does not store. */
const AWKWARD = 'tab\t line\n return\r back\\slash \\N \\. quote" é 🛰'

/** Opens a store of either kind, which is closed with the test unless it was closed before. */
async function open(database: string): Promise<Store> {
  const store = await openStore({ database, log: silentLogger })
  onTestFinished(() => store.close())
  return store
}

/** The path of a SQLite file with something in every table. */
async function fullFile(): Promise<string> {
  const path = join(await temporaryFolder(), 'rollcall.db')
  const store = await open(path)
  await sync(store, records())
  await addHistory(store)
  // It is a source that no longer lists its device.
  await sync(store, [record('Country 0/s0/gone', { platform: 'iosxr', key: 'k1' })], { source: 'b' })
  await sync(store, [], { source: 'b' })
  const { r1a = 0, r2a = 0 } = await idsByName(store)
  await store.probes.commitBatch([
    {
      refreshId: null,
      deviceId: r1a,
      ...FIRST_TRY,
      report: report({ outcome: 'TIMEOUT', message: `${AWKWARD} zero\0` }),
    },
    {
      refreshId: null,
      deviceId: r2a,
      attempt: 2,
      failures: 3,
      backOffUntil: 99_000,
      report: report({ outcome: 'CONNECTION_REFUSED', durationMs: 0.1 + 0.2, notes: [AWKWARD, 'b'] }),
    },
  ])
  const unfinished = await newRefresh(store)
  await store.refreshes.addTargets(unfinished.id, { scope: unfinished.scope, probedBefore: null })
  for (const name of ['ci', 'old', 'gone']) {
    await store.tokens.create({ name, role: 'VIEWER', hash: `hash of ${name}`, at: 1_000 })
  }
  await store.tokens.revoke('old', 2_000)
  await store.credentials.put([
    { name: 'lab', state: 'SUSPENDED', rejections: 5, suspendedAt: 3_000 },
    { name: 'Ä', state: 'ACTIVE', rejections: 0, suspendedAt: null },
  ])
  await store.close()
  const sqlite = new Sqlite(path)
  // Its id is not given again.
  sqlite.exec("delete from tokens where name = 'gone'")
  sqlite.close()
  return path
}

/** An empty database of PostgreSQL, removed with the test. */
async function emptyTarget(): Promise<string> {
  const { database, remove } = await newDatabase()
  onTestFinished(remove)
  return database
}

function copy(from: string, to: string): Promise<CopiedTable[]> {
  const signal = new AbortController().signal
  return copyDatabase({ from, to, login: {}, log: silentLogger, onProgress: () => {}, signal })
}

/** Everything that a store returns, in the order in which it returns it. */
async function contentOf(store: Store) {
  const page = { first: 1_000 }
  const countries = await store.inventory.countries()
  const sites = await store.inventory.pageOfSites({ page })
  const devices = await store.devices.page({ filter: { or: [{}, { lifecycle: 'DECOMMISSIONED' }] }, page })
  const deviceIds = devices.items.map(({ id }) => id)
  const refreshes = await store.refreshes.page({ page })
  const plans = await store.syncPlans.page({ page })
  const setIds = plans.items.flatMap(({ changeSetId }) => changeSetId ?? [])
  const probes = await store.probes.pagesOfDevices(deviceIds, page)
  const unfinished = await store.refreshes.unfinished()
  return {
    countries,
    sites: sites.items,
    devices: devices.items,
    probes: [...probes].map(([id, { items }]) => [id, items]),
    capabilities: await store.capabilities.byIds(Array.from({ length: 100 }, (_, index) => index + 1)),
    hostKeys: await store.hostKeys.ofDevices(deviceIds),
    facts: await store.facts.ofDevices(deviceIds),
    refreshes: refreshes.items,
    pending: await Promise.all(unfinished.map(({ id }) => store.refreshes.pendingTargets(id))),
    plans: plans.items,
    plannedChanges: await store.syncPlans.pagesOfChanges([...new Set(setIds)], { page }),
    changes: (await store.changes.page({ page })).items,
    tokens: await store.tokens.all(),
    credentials: await store.credentials.all(),
    withCapability: await store.devices.count({ hasCapability: { module: { eq: 'm' } } }),
  }
}

/** The number of rows of some tables of a database. */
async function rowsOf(database: string, ...tables: string[]): Promise<unknown[]> {
  const db = otherConnection(database)
  try {
    const counts = tables.map((table) => sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`)
    return await Promise.all(counts.map(async (count) => (await count.execute(db)).rows[0]?.n))
  } finally {
    await db.destroy()
  }
}

describe('a copy into PostgreSQL', () => {
  it('has everything that the file has', async () => {
    const [from, to] = [await fullFile(), await emptyTarget()]
    const copied = await copy(from, to)
    expect(copied.filter(({ rows }) => rows === 0)).toEqual([])
    expect(copied.length).toBeGreaterThanOrEqual(16)
    const before = JSON.stringify(await contentOf(await open(from)))
    // PostgreSQL does not store U+0000.
    expect(JSON.parse(JSON.stringify(await contentOf(await open(to))))).toEqual(
      JSON.parse(before.replaceAll('\\u0000', '\ufffd')),
    )
  })

  it('goes on with the ids of the file, and uses none again', async () => {
    const [from, to] = [await fullFile(), await emptyTarget()]
    await copy(from, to)
    const [file, store] = [await open(from), await open(to)]
    for (const create of [
      async (each: Store) => (await newRefresh(each)).id,
      async (each: Store) =>
        (await each.tokens.create({ name: 'new', role: 'ADMIN', hash: 'new', at: 9_000 }))?.id,
      async (each: Store) => {
        await sync(each, [record('Norway/Oslo/o1')], { source: 'c' })
        const [device] = await each.devices.find('o1')
        const [change] = (await each.changes.page({ page: { first: 1 } })).items
        return [device?.id, device?.siteId, change?.id]
      },
    ]) {
      expect(await create(store)).toEqual(await create(file))
    }
  })

  it('is refused if the target has rows, and changes none', async () => {
    const [from, to] = [await fullFile(), await emptyTarget()]
    const store = await open(to)
    await sync(store, [record('France/Paris/r1')])
    await store.close()
    await expect(copy(from, to)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(
        /\/rollcall_test\w+ is not empty: its table countries has rows\. Name an/,
      ),
    })
    expect(await rowsOf(to, 'devices', 'probes')).toEqual([1, 0])
  })

  it('is refused while a gateway uses one of the two', async () => {
    const [from, to] = [await fullFile(), await emptyTarget()]
    const store = await open(from)
    const lock = await store.lock()
    await expect(copy(from, to)).rejects.toMatchObject({
      code: 'DATABASE_IN_USE',
      message: expect.stringContaining(`The database ${from} is in use by another process`),
    })
    await lock.close()
    await store.close()
    const target = await open(to)
    const targetLock = await target.lock()
    await expect(copy(from, to)).rejects.toMatchObject({
      message: expect.stringMatching(/^The database postgres.* is in use/),
    })
    await targetLock.close()
    expect(await rowsOf(to, 'countries', 'devices')).toEqual([0, 0])
  })

  it('is kept only if the rows are those that were sent, and can be repeated', async () => {
    const [from, to] = [await fullFile(), await emptyTarget()]
    const db = otherConnection(to)
    onTestFinished(() => db.destroy())
    await sql
      .raw(
        `create function spoil() returns trigger language plpgsql as
        $$ begin new.port = new.port + 1; return new; end $$;
        create trigger spoiled before insert on devices for each row execute function spoil()`,
      )
      .execute(db)
    onTestFinished(async () => {
      await sql.raw('drop function if exists spoil cascade').execute(db)
    })
    await expect(copy(from, to)).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
      message: expect.stringMatching(/^The rows of devices in the database .* are not those that were sent/),
    })
    expect(await rowsOf(to, 'countries', 'devices')).toEqual([0, 0])
    await sql.raw('drop trigger spoiled on devices').execute(db)
    expect(await copy(from, to)).toContainEqual(expect.objectContaining({ table: 'devices', rows: 61 }))
  })
})

describe('rollcall db copy', () => {
  it('that is killed in the middle leaves the target empty, and can be repeated', async () => {
    const [from, to] = [await fullFile(), await emptyTarget()]
    const db = otherConnection(to)
    onTestFinished(() => db.destroy())
    // A transaction sees the activity of the others as it was at first.
    const observer = otherConnection(to)
    onTestFinished(() => observer.destroy())
    const args = ['db', 'copy', '--from', from, '--to', to, '--json']
    await db.transaction().execute(async (transaction) => {
      // The copy waits for the last table, when all others are filled.
      await sql`lock table changes in share mode`.execute(transaction)
      const { child, finished } = startRollcall(args, { cwd: dirname(from) })
      await expect
        .poll(
          async () => {
            const { rows } = await sql<{ query: string }>`
              select query from pg_stat_activity
              where datname = current_database() and wait_event_type = 'Lock'`.execute(observer)
            return rows
          },
          { timeout: 50_000 },
        )
        .toEqual([{ query: expect.stringMatching(/^copy "changes" /) }])
      child.kill('SIGKILL')
      await finished
    })
    expect(await rowsOf(to, 'countries', 'devices', 'probes')).toEqual([0, 0, 0])

    const { code, stdout, stderr } = await runInProcess(args, { cwd: dirname(from) })
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `Everything was copied. Set \`database: ${to}\` in the configuration, and keep ${from} as a backup.\n`,
    })
    expect(JSON.parse(stdout)).toContainEqual({
      table: 'devices',
      rows: 61,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(await contentOf(await open(to))).toMatchObject({ devices: { length: 61 } })
  })

  it('takes the file and the login from the configuration', async () => {
    const [from, to] = [await fullFile(), await emptyTarget()]
    await writeFile(
      join(dirname(from), 'rollcall.yaml'),
      'database: ./rollcall.db\npostgres: { passwordEnv: DB_PASSWORD }',
    )
    const options = { cwd: dirname(from), env: { DB_PASSWORD: 'not asked for' } }
    const { code, stdout } = await runInProcess(['db', 'copy', '--to', to], options)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^devices +61$/m)
    const missing = await runInProcess(['db', 'copy', '--to', to], { cwd: dirname(from) })
    expect(missing).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/"postgres\.passwordEnv".*DB_PASSWORD/),
    })
  })
})
