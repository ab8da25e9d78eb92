import { rmSync } from 'node:fs'
import { open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLogger, silentLogger } from '../../../src/base/log.ts'
import { DatabaseLock } from '../../../src/store/sqlite/database-lock.ts'
import { openStore } from '../../../src/store/store.ts'
import { newRefresh, newStore, record, sync, temporaryFolder } from '../support/fixture.ts'

/** A store with a device, and the lines of its log. */
async function watched() {
  const path = join(await temporaryFolder(), 'rollcall.db')
  const logged: string[] = []
  const log = createLogger({
    level: 'warn',
    destination: { write: (line) => void logged.push(JSON.parse(line).msg) },
  })
  const store = await openStore({ database: path, log })
  onTestFinished(() => store.close())
  await sync(store, [record('France/Paris/r1')])
  return { store, path, logged }
}

describe('a database whose file is not the one that was opened', () => {
  it.each<[string, (path: string) => Promise<unknown>, RegExp]>([
    ['removed', (path) => rm(path), /rollcall\.db was removed or replaced/],
    [
      'replaced',
      async (path) => {
        await writeFile(`${path}.new`, await readFile(path))
        await rename(`${path}.new`, path)
      },
      /rollcall\.db was removed or replaced/,
    ],
    ['without its write-ahead log', (path) => rm(`${path}-wal`), /rollcall\.db-wal was removed or replaced/],
    ['without its shared memory', (path) => rm(`${path}-shm`), /rollcall\.db-shm was removed or replaced/],
  ])('refuses writes after it was %s, and logs that once and at the end', async (_what, act, message) => {
    const { store, path, logged } = await watched()
    await act(path)
    const refused = { code: 'DATABASE_UNAVAILABLE', message: expect.stringMatching(message) }
    await expect(newRefresh(store)).rejects.toMatchObject(refused)
    await expect(sync(store, [record('France/Paris/r2')])).rejects.toMatchObject(refused)
    expect(store.health.problem()).toMatchObject({
      publicMessage: 'The database cannot be written at present (its file was removed or replaced).',
    })
    expect(await store.devices.count()).toBe(1)
    expect(logged).toEqual([expect.stringMatching(message)])
    await store.close()
    expect(logged).toEqual([
      expect.stringMatching(message),
      expect.stringMatching(/What was not yet in the files that are there now is lost\.$/),
    ])
  })

  it('refuses writes without its write-ahead log if it was opened through a symbolic link', async () => {
    const path = join(await temporaryFolder(), 'rollcall.db')
    const linked = join(await temporaryFolder(), 'link.db')
    await writeFile(path, '')
    await symlink(path, linked)
    const store = await openStore({ database: linked, log: silentLogger })
    onTestFinished(() => store.close())
    await rm(`${path}-wal`)
    await expect(newRefresh(store)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  })

  it('refuses writes after it was moved behind a link, where another connection starts a second log', async () => {
    const { store, path } = await watched()
    await rename(path, `${path}.moved`)
    await symlink(`${path}.moved`, path)
    await expect(newRefresh(store)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    for (const suffix of ['-wal', '-shm']) await rename(`${path}${suffix}`, `${path}.moved${suffix}`)
    await newRefresh(store)
    expect(store.health.problem()).toBeNull()
  })

  it('can be written again after it is back', async () => {
    const { store, path, logged } = await watched()
    await rename(path, `${path}.away`)
    await expect(newRefresh(store)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    await rename(`${path}.away`, path)
    await newRefresh(store)
    expect(store.health.problem()).toBeNull()
    await store.close()
    expect(logged).toHaveLength(1)
  })

  it('does not report a commit into a removed file as stored', async () => {
    const path = join(await temporaryFolder(), 'rollcall.db')
    let removeAt: string | null = null
    const gone = (sql: string) => {
      if (removeAt === null || !sql.includes(removeAt)) return
      removeAt = null
      rmSync(path)
    }
    const store = await openStore({ database: path, log: silentLogger, onStatement: gone })
    onTestFinished(() => store.close())
    removeAt = 'insert into "devices"'
    await expect(sync(store, [record('France/Paris/r1')])).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    })
  })
})

describe('a damaged database', () => {
  it('is noticed without a read of the damaged part', async () => {
    const { store, database: path } = await newStore()
    await sync(
      store,
      Array.from({ length: 2_000 }, (_, index) => record(`France/Paris/r${index}`)),
    )
    await store.close()
    const file = await open(path, 'r+')
    // The pages that say what is in the database come first, and stay.
    const { size } = await file.stat()
    await file.write(Buffer.alloc(200_000, 0xde), 0, 200_000, size - 200_000)
    await file.close()
    const damaged = await openStore({ database: path, log: silentLogger, checkAfterMs: 1 })
    onTestFinished(() => damaged.close())
    await expect.poll(() => damaged.health.problem()?.code).toBe('DATABASE_FAILED')
    expect(damaged.health.problem()).toMatchObject({
      message: expect.stringMatching(/rollcall\.db is damaged.*; restore it from a backup\.$/),
      publicMessage: 'The database is damaged; restore it from a backup.',
    })
  })
})

describe('a lock file that is removed', () => {
  it('is locked again, so that no second gateway can start', async () => {
    const { path, logged, ...rest } = await lockedDatabase()
    await rm(`${path}-lock`)
    expect(rest.lock.problem()).toBeNull()
    expect(logged).toEqual(['the lock file was removed or replaced, and is locked anew'])
    expect(() => new DatabaseLock(path, silentLogger)).toThrow(/in use by another process/)
  })

  it('is noticed even if another gateway has locked it first', async () => {
    const { path, lock } = await lockedDatabase()
    await rm(`${path}-lock`)
    const other = new DatabaseLock(path, silentLogger)
    expect(lock.problem()).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringMatching(/was removed or replaced.*is in use by another process/),
      publicMessage: 'The database cannot be written at present (another process uses it).',
    })
    await other.close()
    expect(lock.problem()).toBeNull()
  })
})

async function lockedDatabase() {
  const path = join(await temporaryFolder(), 'rollcall.db')
  const logged: string[] = []
  const destination = { write: (line: string) => void logged.push(JSON.parse(line).msg) }
  const lock = new DatabaseLock(path, createLogger({ level: 'warn', destination }))
  onTestFinished(() => lock.close())
  return { path, lock, logged }
}
