import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { expect, it, onTestFinished } from 'vitest'
import { backUpSqlite } from '../../../src/store/sqlite/backup.ts'
import { newStore } from '../support/fixture.ts'

/** A database of 16 MB, which takes several steps to copy, and another connection that writes to it. */
async function largeDatabase() {
  const { database: path } = await newStore()
  const writer = new Sqlite(path)
  onTestFinished(() => void writer.close())
  writer.exec(`
    create table ballast (bytes blob);
    insert into ballast select zeroblob(1000000) from json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]');
    create table accounts (id integer primary key, balance integer);
    insert into accounts values (1, 1000), (2, 0)`)
  const transfer = () =>
    writer.exec(`
      begin;
      update accounts set balance = balance - 1 where id = 1;
      update accounts set balance = balance + 1 where id = 2;
      insert into ballast values (zeroblob(100000));
      commit`)
  return { path, target: join(dirname(path), 'copy.db'), transfer }
}

it('a backup has the state of its beginning, however often another process writes meanwhile', async () => {
  const { path, target, transfer } = await largeDatabase()
  let steps = 0
  const size = await backUpSqlite({
    path,
    target,
    replace: false,
    onProgress: () => {
      steps += 1
      transfer()
    },
    signal: new AbortController().signal,
  })
  expect(steps).toBeGreaterThan(2)
  expect(size).toBe((await stat(target)).size)
  const copy = new Sqlite(target, { readonly: true })
  expect(copy.prepare('select balance from accounts order by id').pluck().all()).toEqual([1_000, 0])
  expect(copy.prepare('select count(*) from ballast').pluck().get()).toBe(16)
  copy.close()
})

it('a backup that is stopped leaves no file', async () => {
  const { path, target } = await largeDatabase()
  const stop = new AbortController()
  const before = await readdir(dirname(path))
  const onProgress = () => stop.abort(new Error('Stopped.'))
  await expect(
    backUpSqlite({ path, target, replace: false, onProgress, signal: stop.signal }),
  ).rejects.toMatchObject({ message: expect.stringContaining('Stopped.') })
  expect(await readdir(dirname(path))).toEqual(before)
})
