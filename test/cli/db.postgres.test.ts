import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/log.ts'
import { openStore } from '../../src/store/store.ts'
import { readDocument } from '../house/markdown.ts'
import { listed, newStore, record, sync, temporaryFolder } from '../store/support/fixture.ts'
import { databaseWithoutTables } from '../store/support/test-database.ts'
import { runInProcess } from './run-in-process.ts'

/** The URL in the documentation. */
const EXAMPLE = 'postgres://rollcall@db.example.net/rollcall'

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
