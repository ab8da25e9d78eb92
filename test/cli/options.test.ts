import { expect, test } from 'vitest'
import { latency } from '../../src/cli/options.ts'

test.each([
  ['0', 0],
  ['100', 100],
  ['20-300', { nearestMs: 20, farthestMs: 300 }],
  ['50-50', 50],
])('a latency of "%s" is read', (text, read) => {
  expect(latency(text)).toEqual(read)
})

test.each(['', '-20', '300-20', '20-', '1.5', '20-60001', '20-30-40', 'fast'])(
  'a latency of "%s" is refused',
  (text) => {
    expect(() => latency(text)).toThrow(
      'Give milliseconds from 0 to 60000, or a range of them such as 20-300.',
    )
  },
)
