import pg from 'pg'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { StatementNames } from '../../../src/store/postgres/statement-names.ts'
import { openStore } from '../../../src/store/store.ts'
import { record, sync } from '../support/fixture.ts'
import { newDatabase } from '../support/test-database.ts'

describe('names of statements', () => {
  it('are given to those that run for the third time, to each its own', () => {
    const names = new StatementNames()
    const runs = (sql: string) => Array.from({ length: 4 }, () => names.nameOf(sql))
    expect(runs('select 1')).toEqual([undefined, undefined, 'rollcall_1', 'rollcall_1'])
    expect(runs('select 2')).toEqual([undefined, undefined, 'rollcall_2', 'rollcall_2'])
  })

  it('are given to 200 statements that are not very long', () => {
    const names = new StatementNames()
    const isNamed = (sql: string) => [1, 2, 3].map(() => names.nameOf(sql)).at(-1) !== undefined
    expect(isNamed(`select ${'1'.repeat(10_000)}`)).toBe(false)
    const named = Array.from({ length: 300 }, (_, index) => isNamed(`select ${index}`))
    expect(named.filter(Boolean)).toHaveLength(200)
    expect(names.nameOf('select 0')).toBe('rollcall_1')
  })

  it('have PostgreSQL prepare a statement once for all its values', async () => {
    const { database, remove } = await newDatabase()
    onTestFinished(remove)
    const store = await openStore({ database, log: silentLogger })
    onTestFinished(() => store.close())
    await sync(store, [record('France/Paris/a'), record('France/Paris/b')])
    const query = vi.spyOn(pg.Client.prototype, 'query')
    onTestFinished(() => query.mockRestore())
    const counts = []
    for (const name of ['a', 'b', 'c', 'a', 'c'])
      counts.push(await store.devices.count({ name: { eq: name } }))
    expect(counts).toEqual([1, 1, 0, 1, 0])
    const given = query.mock.calls.map(([statement]) => (statement as unknown as pg.QueryConfig).name)
    expect(given).toEqual([undefined, undefined, expect.any(String), given[2], given[2]])
  })
})
