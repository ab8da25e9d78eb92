import { describe, expect, test } from 'vitest'
import { parseRate } from '../../src/config/values.ts'

describe('parseRate', () => {
  test.each([
    ['100/s', 100],
    ['6000/m', 100],
    ['90/m', 1.5],
    ['0.5/s', 0.5],
    ['0/s', 0],
  ])('%s', (text, perSecond) => {
    expect(parseRate(text)).toBe(perSecond)
  })

  test.each([
    '',
    '100',
    '/s',
    '100/',
    '100/h',
    '100/ms',
    '-1/s',
    '1 /s',
    '1/1s',
    '1e3/s',
    `${'9'.repeat(400)}/s`,
  ])('refuses %j', (text) => {
    expect(parseRate(text)).toBeNull()
  })
})
