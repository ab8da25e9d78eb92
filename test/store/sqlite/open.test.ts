import { chmod, link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { DatabaseLock } from '../../../src/store/sqlite/database-lock.ts'
import { openStore } from '../../../src/store/store.ts'
import { newStore, probePage, record, sync, temporaryFolder } from '../support/fixture.ts'
import { oldDatabase } from '../support/old-database.ts'

const PLACES = `
  insert into countries (id, name) values (1, 'France');
  insert into sites (id, country_id, name) values (1, 1, 'Paris');`

function open(path: string) {
  return openStore({ database: path, log: silentLogger })
}

describe('openStore', () => {
  it('keeps its data over a restart', async () => {
    const { store, database: path } = await newStore()
    await sync(store, [record('France/Paris/r1')])
    await store.close()

    const again = await open(path)
    expect(await again.inventory.known('global')).toMatchObject([
      { name: 'r1', site: 'Paris', country: 'France' },
    ])
    await again.close()
  })

  it('creates files that only its user can read', async () => {
    const path = join(await temporaryFolder(), 'rollcall.db')
    const store = await open(path)
    await sync(store, [record('France/Paris/r1')])
    const held = new DatabaseLock(path, silentLogger)
    const modes: Record<string, number> = {}
    for (const name of await readdir(dirname(path)))
      modes[name] = (await stat(join(dirname(path), name))).mode & 0o777
    expect(modes).toMatchObject({
      'rollcall.db': 0o600,
      'rollcall.db-lock': 0o600,
      'rollcall.db-shm': 0o600,
      'rollcall.db-wal': 0o600,
    })
    await held.close()
    await store.close()
  })

  it('refuses a database that has a second name, until that is removed', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'rollcall.db')
    await (await open(path)).close()
    const other = join(folder, 'other.db')
    await link(path, other)
    for (const name of [path, other]) {
      await expect(open(name)).rejects.toMatchObject({
        code: 'DATABASE_FAILED',
        message: expect.stringMatching(
          /\.db has another name \(a hard link\).* Remove the other name, or copy/,
        ),
      })
    }
    await rm(other)
    await (await open(path)).close()
  })

  it('brings a database of an older version up to date with all its data', async () => {
    const path = await oldDatabase(
      '0001-initial',
      `${PLACES}
      insert into devices (id, site_id, name, address, port, lifecycle, source, first_seen_at, last_seen_at,
          last_probe_id, last_outcome, last_probed_at, netconf_supported)
        values (1, 1, 'r1', 'r1.example.net', 830, 'ACTIVE', 'global', 1, 1, 7, 'SUPPORTED', 9, 1),
          (2, 1, 'r2', 'r2.example.net', 830, 'ACTIVE', 'global', 1, 1, null, null, null, null),
          (3, 1, 'r3', 'r3.example.net', 830, 'DECOMMISSIONED', 'global', 1, 1, null, null, null, null);
      insert into probes (id, device_id, outcome, phase, started_at, duration_ms, attempt, missing_capabilities)
        values (7, 1, 'SUPPORTED', 'CLOSE', 5, 4.0, 1, '[]')`,
    )
    const store = await open(path)
    expect(await store.devices.byIds([1])).toMatchObject([
      { name: 'r1', netconfSupported: true, backOffUntil: null },
    ])
    expect(await store.credentials.all()).toEqual([])
    const { items } = await probePage(store, { deviceId: 1, page: { first: 1 } })
    expect(items).toMatchObject([{ outcome: 'SUPPORTED', algorithms: null, notes: [] }])
    expect(await store.hostKeys.ofDevices([1])).toEqual([])
    expect(await store.facts.ofDevices([1])).toEqual([])
    expect(await store.devices.count()).toBe(2)
    const { items: neverProbed } = await store.devices.page({
      filter: { probedBefore: 1 },
      page: { first: 9 },
    })
    expect(neverProbed).toMatchObject([{ name: 'r2' }])
    await store.close()
  })

  it('keeps the time at which facts were read, which an older version stored elsewhere', async () => {
    const path = await oldDatabase(
      '0002-host-keys-and-facts',
      `${PLACES}
      insert into devices (id, site_id, name, address, port, lifecycle, source, first_seen_at, last_seen_at)
        values (1, 1, 'r1', 'r1.example.net', 830, 'ACTIVE', 'global', 1, 1),
          (2, 1, 'r2', 'r2.example.net', 830, 'ACTIVE', 'global', 1, 1);
      insert into device_facts (device_id, hostname, read_from, read_at) values (1, 'edge', 'junos', 1234)`,
    )
    const store = await open(path)
    expect(await store.facts.ofDevices([1, 2])).toMatchObject([
      { deviceId: 1, hostname: 'edge', readFrom: 'junos', readAt: 1_234 },
    ])
    await store.close()
  })

  it('lets another connection read and write beside the first', async () => {
    const { store, database: path } = await newStore()
    const other = await open(path)
    await sync(store, [record('France/Paris/r1')], { source: 'a' })
    await sync(other, [record('France/Paris/r2')], { source: 'b' })
    expect(await store.devices.count()).toBe(2)
    await other.close()
  })

  it('closes once, after the running statements, and then refuses calls', async () => {
    const { store } = await newStore()
    const applied = sync(store, [record('France/Paris/r1')])
    await store.ping()
    await applied
    const counted = store.devices.count()
    await Promise.all([store.close(), store.close()])
    expect(await counted).toBe(1)
    await expect(store.ping()).rejects.toMatchObject({ code: 'DATABASE_FAILED' })
  })

  it('refuses a database that a newer version has written, and leaves it as it was', async () => {
    const { store, database: path } = await newStore()
    await store.close()
    const sqlite = new Sqlite(path)
    sqlite.exec(`insert into kysely_migration values ('9999-from-the-future', '2030-01-01T00:00:00.000Z')`)
    sqlite.close()
    const before = await readFile(path)

    await expect(open(path)).rejects.toMatchObject({
      code: 'DATABASE_TOO_NEW',
      message: expect.stringMatching(/rollcall\.db was written by a newer version .*9999-from-the-future/),
    })
    expect(await readFile(path)).toEqual(before)
  })

  it.each([
    ['one in the middle', `name like '0002-%'`, /has no record of the migration 0002-\S+, but of later ones/],
    // The last one changes nothing in SQLite.
    ['the last two', `name >= '0017'`, /the migration 0017-\S+ failed \(.+\); restore/],
    ['all of them', 'true', /the migration 0001-initial failed \(table .+ already exists\); restore/],
  ])(
    'refuses a database without the record of a migration, and leaves it as it was: %s',
    async (_which, which, message) => {
      const { store, database: path } = await newStore()
      await store.close()
      const sqlite = new Sqlite(path)
      sqlite.exec(`delete from kysely_migration where ${which}`)
      const schema = sqlite.prepare('select name, sql from sqlite_master').all()
      sqlite.close()

      await expect(open(path)).rejects.toMatchObject({
        code: 'DATABASE_FAILED',
        message: expect.stringMatching(message),
      })
      const after = new Sqlite(path)
      expect(after.prepare('select name, sql from sqlite_master').all()).toEqual(schema)
      after.close()
    },
  )

  it("refuses another program's database, and leaves it as it was", async () => {
    const path = join(await temporaryFolder(), 'other.db')
    const sqlite = new Sqlite(path)
    sqlite.exec('create table songs (id integer primary key)')
    sqlite.close()
    const before = await readFile(path)

    await expect(open(path)).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
      message: expect.stringContaining('other.db belongs to another program'),
    })
    expect(await readFile(path)).toEqual(before)
  })

  it.each<[string, (folder: string) => Promise<string>, RegExp]>([
    [
      'a file that is no database',
      async (folder) => {
        const path = join(folder, 'notes.txt')
        await writeFile(path, 'This is not a database. '.repeat(100))
        return path
      },
      /notes\.txt is not a SQLite database/,
    ],
    [
      'a folder',
      async (folder) => {
        await mkdir(join(folder, 'data'))
        return join(folder, 'data')
      },
      /data is a folder/,
    ],
    [
      'a folder in place of a file beside it',
      async (folder) => {
        await mkdir(join(folder, 'rollcall.db-wal'))
        return join(folder, 'rollcall.db')
      },
      /rollcall\.db-wal, a file beside the database, is a folder; remove it\.$/,
    ],
    ['a device', async () => '/dev/null', /\/dev\/null is not a regular file/],
    [
      'a folder that does not exist',
      async (folder) => join(folder, 'missing', 'rollcall.db'),
      /the folder .*missing does not exist/,
    ],
    [
      'a file in place of the folder',
      async (folder) => {
        await writeFile(join(folder, 'file'), '')
        return join(folder, 'file', 'rollcall.db')
      },
      /the folder .*file does not exist/,
    ],
  ])('refuses %s in one sentence', async (_name, prepare, message) => {
    const path = await prepare(await temporaryFolder())
    await expect(open(path)).rejects.toMatchObject({
      name: 'RollcallError',
      code: 'DATABASE_FAILED',
      message: expect.stringMatching(message),
    })
  })

  it.skipIf(process.getuid?.() === 0)('refuses a file that cannot be written', async () => {
    const { store, database: path } = await newStore()
    await store.close()
    await chmod(path, 0o400)
    await expect(open(path)).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
      message: expect.stringContaining('cannot be written'),
    })
  })

  // Not even root creates files there.
  it.runIf(process.platform === 'linux')('refuses a folder that cannot be written', async () => {
    await expect(open('/proc/rollcall.db')).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
      message: expect.stringContaining('cannot be opened'),
    })
  })
})
