import { describe, expect, it } from 'vitest'
import { roughDuration, TimeLeft } from '../../src/cli/time-left.ts'

const EVERY_MS = 200

/** What is shown for these estimates, one every 200 ms. */
function shown(estimates: readonly number[]): (number | null)[] {
  const timeLeft = new TimeLeft()
  return estimates.map((estimate, index) => timeLeft.next(estimate, 50_000 + index * EVERY_MS))
}

/** The largest difference between two values in a row. */
function largestStep(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null)
  return Math.max(...known.slice(1).map((value, index) => Math.abs(value - (known[index] ?? 0))))
}

describe('the time left', () => {
  it('decreases with the clock while the estimate is right', () => {
    const estimates = Array.from({ length: 100 }, (_, index) => 60_000 - index * EVERY_MS)
    const left = shown(estimates)
    expect(left.slice(0, 15)).toEqual(Array(15).fill(null))
    left.slice(15).forEach((value, index) => {
      expect(value).toBeCloseTo(estimates[15 + index] ?? 0, 3)
    })
  })

  it('changes less than the estimates', () => {
    const estimates = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 10_000 : 30_000))
    const left = shown(estimates)
    expect(left.filter((value) => value !== null)).toHaveLength(85)
    expect(largestStep(estimates)).toBe(20_000)
    expect(largestStep(left)).toBeLessThan(2_000)
  })

  it('increases again if no results arrive at the end', () => {
    const left = shown([...Array<number>(20).fill(1_000), ...Array<number>(10).fill(4_000)])
    expect(left.at(-1)).toBeGreaterThan(2_500)
  })

  it('forgets first estimates that were far off', () => {
    const left = shown([...Array<number>(14).fill(3_600_000), ...Array<number>(50).fill(20_000)])
    expect(Math.max(...left.filter((value) => value !== null))).toBeLessThanOrEqual(20_000)
  })

  it('is unknown while the estimate is', () => {
    expect(new TimeLeft().next(null, 0)).toBe(null)
  })

  it.each([
    [0, '1 s'],
    [7_400, '7 s'],
    [23_400, '25 s'],
    [89_000, '1 min 30 s'],
    [100_000, '2 min'],
    [4_790_000, '1 h 20 min'],
  ])('of %i ms is shown as %s', (leftMs, text) => {
    expect(roughDuration(leftMs)).toBe(text)
  })
})
