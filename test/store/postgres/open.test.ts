import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger, silentLogger } from '../../../src/base/log.ts'
import { openStore, openStoreReader } from '../../../src/store/store.ts'
import { TemporaryPostgres } from '../../support/temporary-postgres.ts'
import { until } from '../../support/until.ts'
import { record, sync } from '../support/fixture.ts'

const PASSWORD = 'correct horse'

let server: TemporaryPostgres
beforeAll(async () => {
  server = await TemporaryPostgres.start({ auth: 'scram-sha-256' })
  await server.query(`create role app login password '${PASSWORD}'`)
  await server.query('create database own owner app')
  await server.query('create database closed')
  await server.query('create database not_ours')
  await server.query('create table films (id int)', 'not_ours')
  await server.query(
    "create database latin encoding LATIN1 locale_provider libc lc_collate 'C' lc_ctype 'C' template template0",
  )
  await server.query('create database old owner app')
  // What an older server would say.
  await server.query(
    "create function current_setting(text) returns text language sql as $$ select case $1 when 'server_version' then '14.9' else 'UTF8' end $$",
    'old',
  )
  await server.query('alter database old set search_path = public, pg_catalog')
  await server.query('create database standby owner app')
  await server.query('alter database standby set default_transaction_read_only = on')
  await server.query('create database nowhere owner app')
  await server.query('alter database nowhere set search_path = missing')
  await server.query('create database shared')
  await server.query('create schema inventory authorization app', 'shared')
  await server.query('alter database shared set search_path = inventory')
})
afterAll(() => server[Symbol.asyncDispose]())

/** Returns how opening fails. */
async function failure(url: string, password: string | null = PASSWORD): Promise<unknown> {
  const login = password === null ? {} : { password }
  const opened = openStore({ database: url, postgres: login, log: silentLogger })
  return await opened.then(
    (store) => store.close(),
    (thrown: unknown) => thrown,
  )
}

describe('a database of PostgreSQL is refused in one sentence', () => {
  it.each<[string, () => string, string | null, string, RegExp]>([
    [
      'with a wrong password',
      () => server.url('own', 'app'),
      'wrong',
      'DATABASE_FAILED',
      /refuses the password/,
    ],
    ['without a password', () => server.url('own', 'app'), null, 'DATABASE_FAILED', /asks for a password/],
    [
      'of an unknown user',
      () => server.url('own', 'nobody'),
      PASSWORD,
      'DATABASE_FAILED',
      /refuses the password/,
    ],
    [
      'that does not exist',
      () => server.url('missing', 'app'),
      PASSWORD,
      'DATABASE_FAILED',
      /does not exist; create/,
    ],
    [
      'on an unknown host',
      () => 'postgres://app@no.such.host.invalid/own',
      PASSWORD,
      'DATABASE_UNAVAILABLE',
      /cannot be reached/,
    ],
    [
      'on a port where nobody listens',
      () => 'postgres://app@127.0.0.1:1/own',
      PASSWORD,
      'DATABASE_UNAVAILABLE',
      /cannot be reached \(connect ECONNREFUSED 127\.0\.0\.1:1\)/,
    ],
    [
      'that offers no TLS',
      () => `${server.url('own', 'app')}?sslmode=require`,
      PASSWORD,
      'DATABASE_FAILED',
      /offers no TLS; turn it on at the server, or add \?sslmode=disable/,
    ],
    [
      'where the user has no rights',
      () => server.url('closed', 'app'),
      PASSWORD,
      'DATABASE_FAILED',
      /may not be used by this user as Rollcall does \(permission denied for schema public\)/,
    ],
    [
      'of another program',
      () => server.url('not_ours'),
      null,
      'DATABASE_FAILED',
      /belongs to another program/,
    ],
    [
      'in another encoding',
      () => server.url('latin'),
      null,
      'DATABASE_FAILED',
      /has the encoding LATIN1; create one with the encoding UTF8/,
    ],
    [
      'of an older server',
      () => server.url('old', 'app'),
      PASSWORD,
      'DATABASE_FAILED',
      /is one of PostgreSQL 14\.9, which is too old; use version 15 or newer/,
    ],
    [
      'that takes no writes',
      () => server.url('standby', 'app'),
      PASSWORD,
      'DATABASE_UNAVAILABLE',
      /takes no writes/,
    ],
    [
      'without a schema',
      () => server.url('nowhere', 'app'),
      PASSWORD,
      'DATABASE_FAILED',
      /has no schema in the search_path/,
    ],
    [
      'with a password in its URL',
      () => 'postgres://app:correct%20horse@127.0.0.1/own',
      null,
      'DATABASE_FAILED',
      /^The URL of the database holds a password/,
    ],
  ])('%s', async (_name, url, password, code, message) => {
    const thrown = await failure(url(), password)
    expect(thrown).toMatchObject({ name: 'RollcallError', code, message: expect.stringMatching(message) })
    expect(String(thrown)).toMatch(/[.]$/)
    expect(String(thrown)).not.toMatch(/correct|horse|wrong/)
  })
})

describe('a server that wants TLS', () => {
  const file = (name: string) =>
    readFileSync(join(import.meta.dirname, '../../sources/support', `test-server.${name}.pem`), 'utf8')
  const ca = file('cert')
  let secure: TemporaryPostgres
  beforeAll(async () => {
    secure = await TemporaryPostgres.start({
      access: ['hostnossl all app 127.0.0.1/32 reject'],
      tls: { cert: ca, key: file('key') },
    })
    await secure.query('create role app login')
    await secure.query('create database own owner app')
  })
  afterAll(() => secure[Symbol.asyncDispose]())
  const open = (mode: string, trusted: string | null = null) =>
    openStore({
      database: `${secure.url('own', 'app')}?sslmode=${mode}`,
      postgres: { ca: trusted },
      log: silentLogger,
    })

  it.each([
    [
      'disable',
      /does not admit this login without TLS \(.+\); add \?sslmode=verify-full to the URL, or change pg_hba\.conf\.$/,
    ],
    [
      'verify-full',
      /has a certificate that is not trusted \(.+\); name the authority with "postgres\.caFile", or add \?sslmode=require to the URL\.$/,
    ],
  ])('refuses sslmode=%s without a certificate to trust', async (mode, message) => {
    const refused = { code: 'DATABASE_FAILED', message: expect.stringMatching(message) }
    await expect(open(mode)).rejects.toMatchObject(refused)
  })

  it.each([
    ['verify-full', ca],
    ['require', null],
  ])('is used with sslmode=%s', async (mode, trusted) => {
    const store = await open(mode, trusted)
    await store.ping()
    expect(await store.devices.count()).toBe(0)
    await store.close()
  })
})

describe('a database of PostgreSQL', () => {
  it('is created once, and opened again by its owner, who needs no other rights', async () => {
    const address = {
      database: server.url('own', 'app'),
      postgres: { password: PASSWORD },
      log: silentLogger,
    }
    const store = await openStore(address)
    await store.credentials.put([{ name: 'lab', state: 'ACTIVE', rejections: 0, suspendedAt: null }])
    await store.close()
    await expect(store.ping()).rejects.toMatchObject({ code: 'DATABASE_FAILED' })
    const again = await openStore(address)
    expect(await again.credentials.all()).toHaveLength(1)
    await again.close()
  })

  it('is created by one process at a time, which the others wait for', async () => {
    await server.query('create database crowd owner app')
    const other = new pg.Client(server.url('crowd'))
    await other.connect()
    await other.query('select pg_advisory_lock(hashtextextended(current_schema(), 7265))')
    const login = { database: server.url('crowd', 'app'), postgres: { password: PASSWORD } }
    const opening = openStore({ ...login, log: silentLogger })
    const waiting = "select from pg_locks where locktype = 'advisory' and not granted"
    await until(async () => (await other.query(waiting)).rowCount === 1)
    expect(await server.query("select from pg_tables where schemaname = 'public'", 'crowd')).toEqual([])
    await other.end()
    await (await opening).close()
    expect(await server.query("select from pg_tables where tablename = 'devices'", 'crowd')).toHaveLength(1)
  })

  it('is used in the schema of its user; a warning is logged if pg_trgm is missing', async () => {
    const logged: string[] = []
    const destination = { write: (line: string) => void logged.push(JSON.parse(line).msg) }
    const address = {
      database: server.url('shared', 'app'),
      postgres: { password: PASSWORD },
      log: createLogger({ level: 'warn', destination }),
    }
    const store = await openStore(address)
    expect(logged).toEqual([expect.stringMatching(/has no extension pg_trgm.*create extension pg_trgm/)])
    await sync(store, [record('France/Paris/r1'), record('France/Paris/s1')])
    expect(await store.devices.count({ name: { contains: 'r' } })).toBe(1)
    await store.close()

    await server.query('create extension pg_trgm schema public', 'shared')
    logged.length = 0
    await (await openStore(address)).close()
    expect(logged).toEqual([])
  })

  it('is refused if a newer version of Rollcall has written it', async () => {
    const database = server.url('newer')
    await server.query('create database newer')
    await (await openStore({ database, log: silentLogger })).close()
    await server.query("insert into kysely_migration values ('9999-later', '')", 'newer')
    expect(await failure(database, null)).toMatchObject({
      code: 'DATABASE_TOO_NEW',
      message: expect.stringMatching(
        /^The database postgres:\/\/rollcall@127\.0\.0\.1:\d+\/newer was written by a newer version/,
      ),
    })
  })

  it('can be opened for reading only', async () => {
    const address = { database: server.url('own', 'app'), postgres: { password: PASSWORD } }
    const store = await openStore({ ...address, log: silentLogger })
    const reader = await openStoreReader(address)
    expect(await reader.devices.count()).toBe(0)
    await expect(reader.credentials.put([])).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    await reader.close()
    await store.close()
  })
})
