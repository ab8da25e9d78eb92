import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import pg from 'pg'
import { expect, inject, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/log.ts'
import { openStore } from '../../src/store/store.ts'
import { readDocument } from '../house/markdown.ts'
import { listed, newStore, record, sync, temporaryFolder } from '../store/support/fixture.ts'
import { runInProcess } from './run-in-process.ts'

/** The URL in the documentation. */
const EXAMPLE = 'postgres://rollcall@db.example.net/rollcall'

/** The URL of a new database without tables, removed with the test. */
async function databaseWithoutTables(): Promise<string> {
  const { server, template } = inject('postgres')
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  const name = `${template}_${randomBytes(6).toString('hex')}`
  await client.query(`create database ${name} encoding UTF8 template template0`)
  onTestFinished(async () => {
    await client.query(`drop database ${name} with (force)`)
    await client.end()
  })
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

it('a database of PostgreSQL is dumped beside a gateway and restored, by the commands of the documentation', async () => {
  const { store, database } = await newStore()
  const lock = await store.lock()
  onTestFinished(() => lock.close())
  await sync(store, [record('France/Paris/r1'), record('France/Paris/r2')])
  const restored = await databaseWithoutTables()
  const folder = await temporaryFolder()
  const text = readDocument('docs/database.md')
  for (const [program, url] of [
    ['pg_dump', database],
    ['pg_restore', restored],
  ] as const) {
    const [command = ''] = new RegExp(`^${program} .*$`, 'm').exec(text) ?? []
    expect(command).toContain(EXAMPLE)
    const words = command.replace(EXAMPLE, url).replace('/backup', folder)
    await promisify(execFile)('bash', ['-c', words])
  }

  const run = (...args: string[]) =>
    runInProcess(['db', ...args], { cwd: folder, env: { ROLLCALL_DATABASE: restored } })
  const check = await run('check', '--json')
  expect(check).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(check.stdout)).toMatchObject({ due: [], problems: [], rows: { devices: 2, sites: 1 } })
  const again = await openStore({ database: restored, log: silentLogger })
  expect((await listed(again)).map(({ name }) => name)).toEqual(['r1', 'r2'])
  await sync(again, [record('France/Lyon/l1')], { source: 'lab' })
  await again.close()
})

it('a database without tables is migrated by the command', async () => {
  const env = { ROLLCALL_DATABASE: await databaseWithoutTables() }
  const cwd = await temporaryFolder()
  const dry = await runInProcess(['db', 'migrate', '--dry-run'], { cwd, env })
  expect(dry).toMatchObject({ code: 0, stdout: expect.stringMatching(/^0011-initial\n0012-processes\n/) })
  expect(await runInProcess(['db', 'migrate'], { cwd, env })).toMatchObject({ code: 0, stdout: dry.stdout })
  expect(await runInProcess(['db', 'migrate'], { cwd, env })).toMatchObject({ code: 0, stdout: '' })
})
