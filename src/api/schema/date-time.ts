import { GraphQLError } from 'graphql'

// RFC 3339 section 5.6. Date, time and offset are required.
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

const DAY_MS = 86_400_000

/** The last formatted day. A list of devices has thousands of instants on few days. */
let lastDay = Number.NaN
let lastDate = ''

/** Formats epoch milliseconds as a DateTime: the text of `toISOString`, many times as fast. */
export function serializeDateTime(epochMs: unknown): string {
  if (typeof epochMs !== 'number')
    throw new TypeError(`A DateTime is epoch milliseconds, not ${typeof epochMs}.`)
  const ms = Math.trunc(epochMs)
  const day = Math.floor(ms / DAY_MS)
  if (day !== lastDay) {
    lastDate = new Date(ms).toISOString().slice(0, -'00:00:00.000Z'.length)
    lastDay = day
  }
  const time = ms - day * DAY_MS
  const hours = twoDigits(Math.floor(time / 3_600_000))
  const minutes = twoDigits(Math.floor(time / 60_000) % 60)
  const seconds = twoDigits(Math.floor(time / 1_000) % 60)
  return `${lastDate}${hours}:${minutes}:${seconds}.${String(time % 1_000).padStart(3, '0')}Z`
}

function twoDigits(count: number): string {
  return count < 10 ? `0${count}` : String(count)
}

/** Parses a client's RFC 3339 text to epoch milliseconds. */
export function parseDateTime(value: unknown): number {
  const epochMs = typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN
  if (!Number.isNaN(epochMs)) return epochMs
  throw new GraphQLError('A DateTime is an RFC 3339 instant such as 2026-05-03T23:19:04.120Z.', {
    extensions: { code: 'BAD_USER_INPUT' },
  })
}
