import { describe, expect, it } from 'vitest'
import { FairYield, UpdatePacer } from '../../../src/api/live/update-pacer.ts'
import { HandClock } from '../../support/hand-clock.ts'
import { settle } from '../../support/refresh-by-hand.ts'

const NOW = 1_000_020

function pacerOf(isAligned: boolean) {
  const clock = new HandClock(NOW)
  const abort = new AbortController()
  const pacer = new UpdatePacer({
    clock,
    fairYield: new FairYield(),
    everyMs: 50,
    isAligned,
    signal: abort.signal,
  })
  return { clock, abort, pacer }
}

/** Whether it has resolved by the time that nothing more happens by itself. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false
  void promise.then(() => {
    done = true
  })
  await settle()
  return done
}

describe('an update pacer', () => {
  it.each([
    [true, 30, 50],
    [false, 50, 50],
  ])(
    '(aligned: %s) waits %i ms for the first look, then %i ms between looks',
    async (isAligned, first, later) => {
      const { clock, pacer } = pacerOf(isAligned)
      for (const ms of [first, later, later]) {
        const next = pacer.next()
        pacer.change()
        clock.advance(ms - 1)
        expect(await isDone(next)).toBe(false)
        clock.advance(1)
        expect(await isDone(next)).toBe(true)
      }
    },
  )

  it('waits for a change, and looks at once if the interval has passed', async () => {
    const { clock, pacer } = pacerOf(true)
    const next = pacer.next()
    clock.advance(1_000)
    expect(await isDone(next)).toBe(false)
    pacer.change()
    expect(await isDone(next)).toBe(true)
  })

  it.each([true, false])('(aligned: %s) looks at once if the clock was set back', async (isAligned) => {
    const { clock, pacer } = pacerOf(isAligned)
    const next = pacer.next()
    clock.setBack(3_600_000)
    pacer.change()
    expect(await isDone(next)).toBe(true)
  })

  it('counts a change that came before the wait', async () => {
    const { clock, pacer } = pacerOf(true)
    pacer.change()
    const next = pacer.next()
    clock.advance(30)
    expect(await isDone(next)).toBe(true)
    const after = pacer.next()
    clock.advance(1_000)
    expect(await isDone(after)).toBe(false)
  })

  it.each(['urgentChange', 'abort'] as const)('stops waiting after %s', async (what) => {
    const { abort, pacer } = pacerOf(true)
    const next = pacer.next()
    if (what === 'urgentChange') pacer.urgentChange()
    else abort.abort()
    expect(await isDone(next)).toBe(true)
    expect(await isDone(pacer.next())).toBe(true)
  })
})

describe('a fair yield', () => {
  it('lets waiters continue in order, a few per turn of the event loop, and knows when none waits', async () => {
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
