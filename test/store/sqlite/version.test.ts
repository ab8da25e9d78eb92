import { setImmediate } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { expect, it, onTestFinished } from 'vitest'
import { newStore, record, sync } from '../support/fixture.ts'

it('the version changes with an own write, and a turn later with one of another connection', async () => {
  const { store, database } = await newStore()
  const other = new Sqlite(database)
  onTestFinished(() => void other.close())

  const before = store.version
  await setImmediate()
  expect(store.version).toBe(before)

  await sync(store, [record('France/Paris/r1')])
  const own = store.version
  expect(own).not.toBe(before)

  other.exec('create table others (id integer)')
  await setImmediate()
  expect(store.version).not.toBe(own)
})
