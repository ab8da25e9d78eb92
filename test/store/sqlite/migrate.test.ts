import Sqlite from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { openStore } from '../../../src/store/store.ts'
import { newStore, record, sync } from '../support/fixture.ts'

function alter(path: string, statement: string): void {
  const sqlite = new Sqlite(path)
  sqlite.exec(statement)
  sqlite.close()
}

describe('a database whose schema was altered', () => {
  it.each([
    ['drop table tokens', 'table tokens'],
    ['alter table devices rename column platform to kind', 'column devices.platform'],
    ['alter table sync_plans drop column moved', 'column sync_plans.moved'],
    ['drop index tokens_name', 'index tokens_name'],
  ])('is not opened: %s', async (statement, missing) => {
    const { store, database: path } = await newStore()
    await store.close()
    alter(path, statement)
    await expect(openStore({ database: path, log: silentLogger })).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
      message: `The database ${path} was altered: it lacks the ${missing}; restore it from a backup.`,
    })
  })

  it('is opened if it has more than Rollcall made', async () => {
    const { store, database: path } = await newStore()
    await store.close()
    alter(path, 'create table notes (text text); create index more on devices (name); analyze')
    await (await openStore({ database: path, log: silentLogger })).close()
  })

  it('makes the gateway not ready when a statement finds that', async () => {
    const { store, database: path } = await newStore()
    await sync(store, [record('France/Paris/r1')])
    alter(path, 'alter table tokens rename column role to rank')
    const failure = {
      code: 'DATABASE_FAILED',
      message: `The database ${path} was altered (no such column: "role"); restore it from a backup.`,
    }
    await expect(store.tokens.all()).rejects.toMatchObject(failure)
    expect(store.health.problem()).toMatchObject(failure)
  })
})
