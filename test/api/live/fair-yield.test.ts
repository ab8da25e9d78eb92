import { describe, expect, it } from 'vitest'
import { FairYield } from '../../../src/api/live/update-pacer.ts'

describe('a fair yield', () => {
  it('lets through in turn, a few in each turn of the event loop, and knows when it is idle', async () => {
    const fairYield = new FairYield()
    const passed: number[] = []
    for (let index = 0; index < 100; index += 1) void fairYield.turn().then(() => passed.push(index))
    const idle = fairYield.idle()
    const perTurn: number[] = []
    while (passed.length < 100) {
      await new Promise(setImmediate)
      perTurn.push(passed.length)
    }
    expect(passed).toEqual(Array.from({ length: 100 }, (_, index) => index))
    expect(perTurn.length).toBeGreaterThan(5)
    await idle
    await fairYield.turn()
  })
})
