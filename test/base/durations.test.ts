import { describe, expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../src/base/durations.ts'

describe('parseDuration', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5h', 5_400_000],
    ['1m', 60_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['0.0004s', 0],
    ['0', 0],
    ['0s', 0],
  ])('%s', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs)
  })

  test.each(['', '10', 's', '-1s', '1 s', '1h30m', '10S', '1e3s', '.5s', '1.s', '1w', `${'9'.repeat(400)}s`])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeNull()
    },
  )
})

describe('formatDuration', () => {
  test.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [9_840, '9.8 s'],
    [10_000, '10 s'],
    [59_949, '59.9 s'],
    [59_951, '1 min'],
    [200_000, '3 min 20 s'],
    [3_599_400, '59 min 59 s'],
    [3_599_600, '1 h'],
    [7_500_000, '2 h 5 min'],
    [86_399_000, '1 d'],
    [100_000_000, '1 d 4 h'],
    [345_600_000, '4 d'],
  ])('%d ms is %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text)
  })
})
