import type { z } from 'zod'
import type { Config } from './schema.ts'
import { duration, mapping, rate, wholeNumber } from './values.ts'

export const limits = mapping({
  depth: wholeNumber(5, 100),
  aliases: wholeNumber(0, 1_000),
  tokens: wholeNumber(500, 100_000),
  cost: wholeNumber(1_000, 100_000_000),
  requestBytes: wholeNumber(10_000, 100_000_000),
  requestTime: duration('100ms', '1h'),
  mutations: rate('1/m', '1000/s'),
})

export const LIMITS_DEFAULTS = {
  depth: 20,
  aliases: 100,
  tokens: 5_000,
  // 14,000 devices in 1,400 sites cost 23,000 with five fields each, and 100,000 with facts and last probe.
  cost: 150_000,
  requestBytes: 1_048_576,
  requestTime: '30s',
  mutations: '60/m',
} satisfies z.input<typeof limits>

export function resolveLimits({
  requestTime,
  mutations,
  ...counts
}: z.output<typeof limits>): Config['limits'] {
  return { ...counts, requestTimeMs: requestTime, mutationsPerMinute: Math.round(mutations * 60) }
}
