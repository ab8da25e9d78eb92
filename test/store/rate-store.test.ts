import { describe, expect, it } from 'vitest'
import { newStore } from './support/fixture.ts'
import { otherConnection } from './support/test-database.ts'

describe('the points of a caller', () => {
  it('add up until their time is over, and begin again then', async () => {
    const { store, database } = await newStore()
    expect(await store.rates.add('ann', 2, 60_000)).toMatchObject({ points: 2 })
    const { points, leftMs } = await store.rates.add('ann', 3, 60_000)
    expect(points).toBe(5)
    expect(leftMs).toBeLessThanOrEqual(60_000)
    expect(leftMs).toBeGreaterThan(0)
    expect(await store.rates.add('bob', 1, 60_000)).toMatchObject({ points: 1 })

    const other = otherConnection(database)
    await other
      .updateTable('rates')
      .set((eb) => ({ ends_at: eb('ends_at', '-', 60_001) }))
      .execute()
    expect(await store.rates.add('ann', 1, 60_000)).toMatchObject({ points: 1 })
    await store.rates.prune()
    expect(await other.selectFrom('rates').select('key').execute()).toEqual([{ key: 'ann' }])
    await other.destroy()
  })

  it('are counted once, however many processes count at the same time', async () => {
    const { store } = await newStore()
    await Promise.all(Array.from({ length: 20 }, () => store.rates.add('ann', 1, 60_000)))
    expect(await store.rates.add('ann', 1, 60_000)).toMatchObject({ points: 21 })
  })
})
