import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDateTime, serializeDateTime } from '../../../src/api/schema/date-time.ts'

/** What a Date can hold. */
const MAX_MS = 8_640_000_000_000_000

describe('a DateTime', () => {
  it('is formatted as Date formats it, and parsed again', () => {
    fc.assert(
      fc.property(
        // Days next to each other, and those far away.
        fc.array(fc.oneof(fc.integer({ min: -3e8, max: 3e8 }), fc.integer({ min: -MAX_MS, max: MAX_MS }))),
        (instants) => {
          expect(instants.map(serializeDateTime)).toEqual(instants.map((ms) => new Date(ms).toISOString()))
        },
      ),
    )
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
        expect(parseDateTime(serializeDateTime(ms))).toBe(ms)
      }),
    )
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, MAX_MS + 1, '0', null])('cannot be %s', (value) => {
    expect(() => serializeDateTime(value)).toThrow(/Invalid time value|epoch milliseconds/)
  })
})
