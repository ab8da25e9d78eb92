import { describe, expect, it } from 'vitest'
import { Pace } from '../../../src/api/live/pace.ts'
import { Turnstile } from '../../../src/api/live/turnstile.ts'
import { HandClock } from '../../support/hand-clock.ts'
import { settle } from '../../support/refresh-by-hand.ts'

const NOW = 1_000_020

function paced(inStep: boolean) {
  const clock = new HandClock(NOW)
  const abort = new AbortController()
  const pace = new Pace({ clock, turnstile: new Turnstile(), everyMs: 50, inStep, signal: abort.signal })
  return { clock, abort, pace }
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

describe('a pace', () => {
  it.each([
    [true, 30, 50],
    [false, 50, 50],
  ])('in step: %s, looks %i ms later for the first time, then every %i ms', async (inStep, first, later) => {
    const { clock, pace } = paced(inStep)
    for (const ms of [first, later, later]) {
      const next = pace.next()
      pace.change()
      clock.advance(ms - 1)
      expect(await isDone(next)).toBe(false)
      clock.advance(1)
      expect(await isDone(next)).toBe(true)
    }
  })

  it('does not look before there is something new, and then at once where its time has passed', async () => {
    const { clock, pace } = paced(true)
    const next = pace.next()
    clock.advance(1_000)
    expect(await isDone(next)).toBe(false)
    pace.change()
    expect(await isDone(next)).toBe(true)
  })

  it.each([true, false])('in step: %s, looks at once where the clock was set back', async (inStep) => {
    const { clock, pace } = paced(inStep)
    const next = pace.next()
    clock.setBack(3_600_000)
    pace.change()
    expect(await isDone(next)).toBe(true)
  })

  it('takes what was new before it was asked for something new', async () => {
    const { clock, pace } = paced(true)
    pace.change()
    const next = pace.next()
    clock.advance(30)
    expect(await isDone(next)).toBe(true)
    const after = pace.next()
    clock.advance(1_000)
    expect(await isDone(after)).toBe(false)
  })

  it.each(['hurry', 'abort'] as const)('does not wait any more after %s', async (what) => {
    const { abort, pace } = paced(true)
    const next = pace.next()
    if (what === 'hurry') pace.hurry()
    else abort.abort()
    expect(await isDone(next)).toBe(true)
    expect(await isDone(pace.next())).toBe(true)
  })
})
