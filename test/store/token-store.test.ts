import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/base/log.ts'
import { openStore } from '../../src/store/store.ts'
import { newStore } from './support/fixture.ts'

const CI = { name: 'ci', role: 'OPERATOR', hash: 'h1', at: 1_000 } as const

describe('a token', () => {
  it('is found by its hash, with its name and role', async () => {
    const { store } = await newStore()
    const created = await store.tokens.create(CI)
    expect(created).toEqual({
      id: 1,
      name: 'ci',
      role: 'OPERATOR',
      createdAt: 1_000,
      lastUsedAt: null,
      revokedAt: null,
    })
    expect(await store.tokens.byHash('h1')).toEqual(created)
    expect(await store.tokens.byHash('H1')).toBeNull()
    expect(await store.tokens.byHash('ci')).toBeNull()
  })

  it('has a unique name until it is revoked; its id is never used again', async () => {
    const { store } = await newStore()
    await store.tokens.create(CI)
    expect(await store.tokens.create({ ...CI, hash: 'h2' })).toBeNull()
    expect(await store.tokens.byHash('h2')).toBeNull()
    expect(await store.tokens.revoke('ci', 2_000)).toBe(true)
    expect(await store.tokens.create({ ...CI, hash: 'h2' })).toMatchObject({ id: 3, revokedAt: null })
    await store.tokens.create({ name: 'ab', role: 'VIEWER', hash: 'h3', at: 3_000 })
    expect((await store.tokens.all()).map(({ name, id, revokedAt }) => [name, id, revokedAt])).toEqual([
      ['ab', 4, null],
      ['ci', 1, 2_000],
      ['ci', 3, null],
    ])
  })

  it('can be revoked once, and the result says so', async () => {
    const { store } = await newStore()
    await store.tokens.create(CI)
    expect(await store.tokens.revoke('CI', 2_000)).toBe(false)
    expect(await store.tokens.revoke('ci', 2_000)).toBe(true)
    expect(await store.tokens.revoke('ci', 3_000)).toBe(false)
    expect(await store.tokens.byHash('h1')).toMatchObject({ revokedAt: 2_000 })
  })

  it('is checked by its id, in one statement for all, even if another process has revoked it', async () => {
    const { store, database, statements } = await newStore()
    for (const name of ['a', 'b', 'c']) await store.tokens.create({ ...CI, name, hash: name })
    await store.tokens.revoke('b', 2_000)
    expect(await store.tokens.live([])).toEqual(new Set())
    const other = await openStore({ database, log: silentLogger })
    await other.tokens.revoke('c', 3_000)
    await other.close()
    statements.length = 0
    expect(await store.tokens.live([1, 2, 3, 4])).toEqual(new Set([1]))
    expect(statements).toHaveLength(1)
  })
})

describe('the last use of a token', () => {
  it('is kept', async () => {
    const { store } = await newStore()
    await store.tokens.create(CI)
    await store.tokens.noteUse(1, 5_000)
    expect(await store.tokens.byHash('h1')).toMatchObject({ lastUsedAt: 5_000 })
  })
})
