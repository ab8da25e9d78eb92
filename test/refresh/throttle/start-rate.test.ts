import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StartRate } from '../../../src/refresh/throttle/start-rate.ts'

/** Starts all that is allowed, as something that always has more to start does. Returns how many. */
function startAll(rate: StartRate, now: number): number {
  let count = 0
  for (; rate.waitMs(now) === 0; count += 1) rate.add(now)
  return count
}

/** Of this magnitude are real times, and fractions of a millisecond are less exact than near 0. */
const EPOCH = Date.UTC(2026, 10, 21)

describe('StartRate', () => {
  it.each([1, 1.5, 3, 7, 333, 500, 999, 2_000, 10_000])('reaches %d starts per second', (perSecond) => {
    const rate = new StartRate(perSecond)
    rate.skipTo(EPOCH)
    let count = 0
    for (let now = EPOCH; now < EPOCH + 10_000; now += 1) count += startAll(rate, now)
    expect(count).toBeGreaterThanOrEqual(Math.floor(perSecond * 9.98))
    expect(count).toBeLessThanOrEqual(perSecond * 10)
  })

  it('reaches rates below one per second', () => {
    const rate = new StartRate(0.1)
    const starts = Array.from({ length: 30 }, (_, second) => startAll(rate, second * 1_000))
    expect(starts.flatMap((count, second) => (count > 0 ? [second] : []))).toEqual([0, 10, 20])
  })

  it('counts the starts of the last second', () => {
    const rate = new StartRate(5)
    rate.add(EPOCH)
    rate.add(EPOCH + 500)
    expect(rate.inLastSecond(EPOCH + 999)).toBe(2)
    expect(rate.inLastSecond(EPOCH + 1_000)).toBe(1)
    expect(rate.inLastSecond(EPOCH + 1_500)).toBe(0)
  })

  it('makes up for late timers', () => {
    const rate = new StartRate(500)
    rate.skipTo(0)
    let count = 0
    for (let now = 0; now < 7_000; now += 7) count += startAll(rate, now)
    expect(count).toBeGreaterThan(0.99 * 7 * 500)
  })

  it('makes up for at most 50 ms, and for nothing if no job waited', () => {
    const rate = new StartRate(100)
    rate.skipTo(0)
    expect(startAll(rate, 0)).toBe(1)
    expect(startAll(rate, 60_000)).toBe(6)
    rate.skipTo(120_000)
    expect(startAll(rate, 120_000)).toBe(1)
  })

  it('keeps its limit in the second after it has made up for a delay', () => {
    const rate = new StartRate(500)
    rate.skipTo(EPOCH)
    let count = startAll(rate, EPOCH + 50)
    expect(count).toBe(26)
    for (let passed = 51; passed < 1_050; passed += 1) count += startAll(rate, EPOCH + passed)
    expect(count).toBe(500)
  })

  it('never exceeds its limit in any second, and spaces starts evenly', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2.5, 7, 40, 333, 1_500),
        fc.array(fc.record({ passMs: fc.nat(120), skips: fc.boolean() }), { maxLength: 100 }),
        (perSecond, steps) => {
          const rate = new StartRate(perSecond)
          const starts: number[] = []
          const since = (at: number) => starts.filter((start) => start > at).length
          let now = EPOCH
          rate.skipTo(now)
          for (const { passMs, skips } of steps) {
            now += passMs
            if (skips) rate.skipTo(now)
            for (; rate.waitMs(now) === 0; starts.push(now)) rate.add(now)
            expect(since(now - 1_000)).toBeLessThanOrEqual(Math.ceil(perSecond))
            // A tenth of a second, and what may be made up for.
            expect(since(now - 100)).toBeLessThanOrEqual(Math.floor(0.15 * perSecond) + 1)
            expect(rate.inLastSecond(now)).toBe(since(now - 1_000))
          }
        },
      ),
    )
  })

  it('continues if the clock is set back', () => {
    const rate = new StartRate(2)
    expect(startAll(rate, 3_600_000)).toBeGreaterThan(0)
    expect(startAll(rate, 0)).toBe(1)
    expect(rate.waitMs(0)).toBe(500)
    expect(rate.inLastSecond(0)).toBe(1)
  })

  it('ignores a skip that lies in the future after the clock was set back', () => {
    const rate = new StartRate(2)
    rate.add(0)
    rate.skipTo(3_600_000)
    expect(rate.waitMs(1_800_000)).toBe(0)
  })
})
