import { execFile } from 'node:child_process'
import { copyFile, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Sqlite from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/log.ts'
import { openStore } from '../../src/store/store.ts'
import { readDocument } from '../house/markdown.ts'
import { listed, newStore, record, sync, temporaryFolder } from '../store/support/fixture.ts'
import { oldDatabase } from '../store/support/old-database.ts'
import { runInProcess } from './run-in-process.ts'

/** A folder with a database that a gateway has open and locked, and a way to run `rollcall db` there. */
async function besideGateway() {
  const cwd = await temporaryFolder()
  const { store, database: path } = await newStore(cwd)
  const lock = await store.lock()
  onTestFinished(() => lock.close())
  await sync(store, [record('France/Paris/r1'), record('France/Paris/r2')])
  const run = (...args: string[]) => runInProcess(['db', ...args], { cwd })
  return { cwd, path, store, lock, run }
}

function alter(path: string, statement: string): void {
  const sqlite = new Sqlite(path)
  sqlite.pragma('foreign_keys = OFF')
  sqlite.exec(statement)
  sqlite.close()
}

/** Runs a command on the database of a configuration, and returns its one sentence. */
async function refusal(yaml: string, ...args: string[]): Promise<string> {
  const cwd = await temporaryFolder()
  await writeFile(join(cwd, 'rollcall.yaml'), yaml)
  const { code, stdout, stderr } = await runInProcess(['db', ...args], { cwd })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  return stderr
}

describe('db backup', () => {
  it('writes what a gateway has committed, in one file that only its user may read', async () => {
    const { cwd, run } = await besideGateway()
    const { code, stdout } = await run('backup', 'copy.db', '--json')
    const target = join(cwd, 'copy.db')
    const { size, mode } = await stat(target)
    expect({ code, printed: JSON.parse(stdout) }).toEqual({ code: 0, printed: { file: target, bytes: size } })
    expect(mode & 0o777).toBe(0o600)
    expect((await readdir(cwd)).filter((name) => name.includes('copy'))).toEqual(['copy.db'])

    const restored = await openStore({ database: target, log: silentLogger })
    expect((await listed(restored)).map(({ name }) => name)).toEqual(['r1', 'r2'])
    await restored.close()
  })

  it('replaces a file only with --force', async () => {
    const { cwd, run } = await besideGateway()
    await writeFile(join(cwd, 'copy.db'), 'precious')
    const { code, stderr } = await run('backup', 'copy.db')
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `rollcall: The file ${cwd}/copy.db exists already; name another one, or add --force to replace it.\n`,
    })
    expect(await readFile(join(cwd, 'copy.db'), 'utf8')).toBe('precious')
    expect((await run('backup', 'copy.db', '--force')).code).toBe(0)
    expect((await readFile(join(cwd, 'copy.db'))).subarray(0, 15).toString()).toBe('SQLite format 3')
  })

  it.each(['rollcall.db', 'rollcall.db-wal', 'rollcall.db-journal', 'link.db'])(
    'never replaces the database or a file beside it: %s',
    async (name) => {
      const { cwd, path, run } = await besideGateway()
      await symlink(path, join(cwd, 'link.db'))
      const { code, stderr } = await run('backup', name, '--force')
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: `rollcall: The file ${cwd}/${name} belongs to the database itself; name another file for the backup.\n`,
      })
    },
  )

  it('says what is wrong with the target', async () => {
    const { cwd, run } = await besideGateway()
    expect((await run('backup', 'none/copy.db')).stderr).toBe(
      `rollcall: The folder ${cwd}/none does not exist; create it.\n`,
    )
    expect((await run('backup', '.', '--force')).stderr).toBe(
      `rollcall: The target ${cwd} is not a regular file; name another one.\n`,
    )
  })

  it('leaves a backup of an older version as it is', async () => {
    const path = await oldDatabase('0003-holds', '')
    const target = join(await temporaryFolder(), 'copy.db')
    const { code } = await runInProcess(['db', 'backup', target], { cwd: join(path, '..') })
    expect(code).toBe(0)
    const sqlite = new Sqlite(target, { readonly: true })
    onTestFinished(() => void sqlite.close())
    expect(sqlite.prepare('select max(name) from kysely_migration').pluck().get()).toBe('0003-holds')
  })

  it("of a database that was emptied, or is another program's, replaces no other", async () => {
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, 'copy.db'), 'precious')
    const backup = () => runInProcess(['db', 'backup', 'copy.db', '--force'], { cwd })
    await writeFile(join(cwd, 'rollcall.db'), '')
    expect(await backup()).toMatchObject({
      code: 1,
      stderr: `rollcall: The database ${cwd}/rollcall.db is empty, so no backup was written; restore it from an older backup.\n`,
    })
    expect(await runInProcess(['db', 'check'], { cwd })).toMatchObject({
      code: 1,
      stderr:
        'rollcall: The file is empty: it has no tables.\nrollcall: Restore the database from a backup.\n',
    })
    alter(join(cwd, 'rollcall.db'), 'create table songs (title text)')
    expect(await backup()).toMatchObject({
      code: 1,
      stderr: `rollcall: The database ${cwd}/rollcall.db belongs to another program; name another file.\n`,
    })
    expect(await readFile(join(cwd, 'copy.db'), 'utf8')).toBe('precious')
  })

  it('is made of a database that a newer version has migrated', async () => {
    const { path, run, cwd } = await besideGateway()
    alter(path, "insert into kysely_migration values ('9999-later', '2030-01-01')")
    expect((await run('backup', 'copy.db')).code).toBe(0)
    expect(await readdir(cwd)).toContain('copy.db')
  })

  it('of a damaged database is not written', async () => {
    const cwd = await temporaryFolder()
    const { store, database: path } = await newStore(cwd)
    await sync(
      store,
      Array.from({ length: 2_000 }, (_, index) => record(`France/Paris/r${index}`)),
    )
    await store.close()
    const bytes = await readFile(path)
    // Pages in the middle, which hold rows or an index.
    bytes.fill(
      0x55,
      Math.floor(bytes.length / 8_192) * 4_096,
      Math.floor(bytes.length / 8_192) * 4_096 + 16_384,
    )
    await writeFile(path, bytes)
    const { code, stderr } = await runInProcess(['db', 'backup', 'copy.db'], { cwd })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `rollcall: The database ${path} is damaged, so no backup was written; restore it from an older backup.\n`,
    })
    expect((await readdir(cwd)).filter((name) => name.includes('copy'))).toEqual([])
    const check = await runInProcess(['db', 'check'], { cwd })
    expect(check).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^rollcall: The file is damaged: .*\n(?:.*\n)*rollcall: Restore the database from a backup\.\n$/,
      ),
    })
  })
})

describe('a backup', () => {
  it('is restored by the commands of the documentation, over a database whose gateway was killed', async () => {
    const { cwd, path, store, lock, run } = await besideGateway()
    const backup = join(await temporaryFolder(), 'copy.db')
    expect((await run('backup', backup)).code).toBe(0)
    await sync(store, [record('France/Paris/r3')])
    // A killed gateway leaves its write-ahead log.
    await copyFile(`${path}-wal`, join(cwd, 'kept-wal'))
    await lock.close()
    await store.close()
    await copyFile(join(cwd, 'kept-wal'), `${path}-wal`)

    const [, steps = ''] = /## Restore.*?```sh\n(.*?)```/s.exec(readDocument('docs/database.md')) ?? []
    const [copy = '', remove = '', check = ''] = steps.split('\n')
    for (const step of [copy.replace('/backup/rollcall.db', backup), remove]) {
      await promisify(execFile)('bash', ['-c', step], { cwd })
    }
    expect(await runInProcess(check.split(' ').slice(1), { cwd })).toMatchObject({ code: 0, stderr: '' })
    const restored = await openStore({ database: path, log: silentLogger })
    expect((await listed(restored)).map(({ name }) => name)).toEqual(['r1', 'r2'])
    await sync(restored, [record('France/Paris/r4')])
    await restored.close()
  })
})

describe('db check', () => {
  it('counts the rows of each table while a gateway is running', async () => {
    const { path, run } = await besideGateway()
    const { code, stdout, stderr } = await run('check', '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({
      database: path,
      due: [],
      rows: { devices: 2, sites: 1, countries: 1, probes: 0 },
      problems: [],
    })
    const { stdout: text } = await run('check')
    expect(text).toMatch(/^devices +2$/m)
    expect(text.endsWith(`\n\nNo damage was found in ${path}.\n`)).toBe(true)
  })

  it('finds rows that refer to nothing, and missing parts', async () => {
    const cwd = await temporaryFolder()
    const { store, database: path } = await newStore(cwd)
    await store.close()
    alter(
      path,
      `insert into host_keys (device_id, algorithm, fingerprint, first_seen_at) values (7, 'a', 'b', 1);
      drop index devices_name`,
    )
    const { code, stderr } = await runInProcess(['db', 'check'], { cwd })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: [
        'rollcall: Rows of host_keys refer to rows of devices that do not exist: 1.',
        'rollcall: The schema lacks the index devices_name.',
        'rollcall: Restore the database from a backup.\n',
      ].join('\n'),
    })
  })

  it('tells that a database is of an older version, and does not change it', async () => {
    const path = await oldDatabase('0003-holds', '')
    const before = await readFile(path)
    const { code, stdout, stderr } = await runInProcess(['db', 'check'], { cwd: join(path, '..') })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^devices +0$/m)
    expect(stderr).toMatch(/of an older version; `rollcall db migrate`/)
    expect(await readFile(path)).toEqual(before)
  })
})

describe('db migrate', () => {
  it('prints what is due with --dry-run, and then applies it', async () => {
    const path = await oldDatabase('0009-moves-and-warnings', '')
    const run = (...args: string[]) => runInProcess(['db', 'migrate', ...args], { cwd: join(path, '..') })
    const before = await readFile(path)
    const dry = await run('--dry-run')
    expect(dry).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^0010-planned-changes\n0011-more-filters\n/),
    })
    expect(await readFile(path)).toEqual(before)
    expect(await run()).toMatchObject({ code: 0, stdout: dry.stdout })
    expect(await run('--json')).toEqual({ code: 0, stdout: '[]\n', stderr: 'The database is up to date.\n' })
  })

  it('is refused while a gateway is running', async () => {
    const path = await oldDatabase('0009-moves-and-warnings', '')
    const { DatabaseLock } = await import('../../src/store/sqlite/database-lock.ts')
    const lock = new DatabaseLock(path, silentLogger)
    onTestFinished(() => lock.close())
    const { code, stderr } = await runInProcess(['db', 'migrate'], { cwd: join(path, '..') })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/is in use by another process/),
    })
  })
})

describe('db vacuum', () => {
  it('shrinks the file to what it holds', async () => {
    const cwd = await temporaryFolder()
    const { store, database: path } = await newStore(cwd)
    await sync(store, [record('France/Paris/r1')])
    await store.close()
    alter(path, 'create table junk (text text); insert into junk values (zeroblob(3000000)); drop table junk')
    const { code, stdout } = await runInProcess(['db', 'vacuum', '--json'], { cwd })
    const { bytesBefore, bytesAfter } = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(bytesBefore - bytesAfter).toBeGreaterThan(2_900_000)
    expect(bytesAfter).toBe((await stat(path)).size)
    const again = await openStore({ database: path, log: silentLogger })
    expect(await again.devices.count()).toBe(1)
    await again.close()
  })

  it('is refused while a gateway is running', async () => {
    const { path, run } = await besideGateway()
    const { code, stderr } = await run('vacuum')
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        `rollcall: The database ${path} is in use by another process, a gateway or \`rollcall refresh\`; ` +
        'end that one, or set `database` to another file.\n',
    })
  })
})

describe('a database that the commands cannot work on', () => {
  const POSTGRES = 'database: postgres://rollcall@127.0.0.1:1/inventory'

  it.each([
    [
      'backup',
      ['backup', 'copy.db'],
      /^rollcall: The database is one of PostgreSQL.*`pg_dump --format=custom /,
    ],
    ['vacuum', ['vacuum'], /^rollcall: The database is one of PostgreSQL.*`vacuumdb --full`/],
    ['check', ['check'], /^rollcall: The database postgres:.*cannot be reached/],
    ['migrate', ['migrate'], /^rollcall: The database postgres:.*cannot be reached/],
  ])('of PostgreSQL: %s', async (_name, args, sentence) => {
    expect(await refusal(POSTGRES, ...args)).toMatch(sentence)
  })

  it.each([['backup', 'copy.db'], ['check'], ['migrate'], ['vacuum']])(
    'that does not exist: %s',
    async (...args) => {
      expect(await refusal('database: ./none.db', ...args)).toMatch(
        /^rollcall: There is no database at .*none\.db;/,
      )
    },
  )

  it.each([['check'], ['migrate'], ['vacuum']])('of a newer version: %s', async (command) => {
    const cwd = await temporaryFolder()
    const { store, database: path } = await newStore(cwd)
    await store.close()
    alter(path, `insert into kysely_migration values ('9999-later', '')`)
    const { code, stderr } = await runInProcess(['db', command], { cwd })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /was written by a newer version of Rollcall \(it has the migration 9999-later\)/,
      ),
    })
  })
})

describe('db copy is refused in one sentence', () => {
  const TO = 'postgres://rollcall@127.0.0.1:1/inventory'

  it.each([
    ['without a target', [], /^rollcall: required option '--to <url>' not specified\n$/],
    ['into a file', ['--to', 'other.db'], /^rollcall: --to is no URL of a database; write postgres:/],
    [
      'with a password in the URL',
      ['--to', 'postgres://rollcall:secret@127.0.0.1/inventory'],
      /^rollcall: --to holds a password, which others could read there; name it with "postgres\.passwordEnv"/,
    ],
    [
      'with a password that is not set',
      ['--to', TO, '--password-env', 'UNSET'],
      /^rollcall: --password-env names UNSET/,
    ],
    ['from PostgreSQL', ['--from', TO, '--to', TO], /^rollcall: The source must be a SQLite file/],
  ])('%s', async (_name, args, sentence) => {
    const cwd = await temporaryFolder()
    const { store } = await newStore(cwd)
    await store.close()
    const { code, stderr } = await runInProcess(['db', 'copy', ...args], { cwd })
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(sentence) })
    expect(stderr).not.toMatch(/secret/)
  })

  it('from a file that does not exist, and into a server that does not answer', async () => {
    const cwd = await temporaryFolder()
    const run = () => runInProcess(['db', 'copy', '--to', TO], { cwd })
    expect(await run()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^rollcall: There is no database at /),
    })
    const { store } = await newStore(cwd)
    await store.close()
    expect(await run()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^rollcall: .* cannot be reached/),
    })
  })
})
