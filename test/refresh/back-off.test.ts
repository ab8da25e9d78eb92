import { describe, expect, it } from 'vitest'
import { PROBE_OUTCOMES } from '../../src/netconf/outcome/outcome.ts'
import { countOutcome, isFailure } from '../../src/refresh/back-off.ts'

const HOURS_2 = 7_200_000
const MINUTE = 60_000

function heldAfter(failures: number, { random = 0, intervalMs = HOURS_2 } = {}) {
  return countOutcome(
    { failures: failures - 1, backOffUntil: null },
    { outcome: 'TIMEOUT', endedAt: 1_000 },
    { intervalMs, random },
  )
}

describe('countOutcome', () => {
  it.each([
    { failures: 1, holdMs: null },
    { failures: 2, holdMs: null },
    { failures: 3, holdMs: 5 * MINUTE },
    { failures: 4, holdMs: 10 * MINUTE },
    { failures: 5, holdMs: 20 * MINUTE },
    { failures: 7, holdMs: 80 * MINUTE },
    { failures: 8, holdMs: 108 * MINUTE },
    { failures: 2_000, holdMs: 108 * MINUTE },
  ])('holds a device back for $holdMs ms after $failures failures in a row', ({ failures, holdMs }) => {
    expect(heldAfter(failures)).toEqual({ failures, backOffUntil: holdMs === null ? null : 1_000 + holdMs })
  })

  it('subtracts up to a random quarter', () => {
    expect(heldAfter(3, { random: 0.5 }).backOffUntil).toBe(1_000 + 4.375 * MINUTE)
    expect(heldAfter(3, { random: 1 }).backOffUntil).toBe(1_000 + 3.75 * MINUTE)
  })

  it('ends before the next scheduled refresh, however short the interval is', () => {
    expect(heldAfter(9, { intervalMs: MINUTE }).backOffUntil).toBe(1_000 + 54_000)
  })

  it('resets the count when a session opens', () => {
    const before = { failures: 5, backOffUntil: 9_000 }
    const options = { intervalMs: HOURS_2, random: 0 }
    for (const outcome of ['SUPPORTED', 'MISSING_CAPABILITIES'] as const) {
      const end = { outcome, endedAt: 1_000 }
      expect(countOutcome(before, end, options)).toEqual({ failures: 0, backOffUntil: null })
    }
  })

  it('ignores a probe that says nothing about the device', () => {
    const before = { failures: 5, backOffUntil: 9_000 }
    const options = { intervalMs: HOURS_2, random: 0 }
    for (const outcome of ['CANCELLED', 'SKIPPED'] as const)
      expect(countOutcome(before, { outcome, endedAt: 1_000 }, options)).toEqual(before)
  })
})

describe('isFailure', () => {
  it('is true for outcomes without a session, except those that say nothing about the device', () => {
    expect(PROBE_OUTCOMES.filter((outcome) => !isFailure(outcome))).toEqual([
      'SUPPORTED',
      'MISSING_CAPABILITIES',
      'CANCELLED',
      'SKIPPED',
    ])
  })
})
