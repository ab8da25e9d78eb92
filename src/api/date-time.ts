import { GraphQLError } from 'graphql'

// RFC 3339 section 5.6; the date and the time must be there, and so must the offset.
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

/** Epoch milliseconds to the contract's DateTime. */
export function serializeDateTime(epochMs: unknown): string {
  if (typeof epochMs !== 'number')
    throw new TypeError(`A DateTime is epoch milliseconds, not ${typeof epochMs}.`)
  return new Date(epochMs).toISOString()
}

/** A client's RFC 3339 text to epoch milliseconds. */
export function parseDateTime(value: unknown): number {
  const epochMs = typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN
  if (!Number.isNaN(epochMs)) return epochMs
  throw new GraphQLError('A DateTime is an RFC 3339 instant such as 2026-05-03T23:19:04.120Z.', {
    extensions: { code: 'BAD_USER_INPUT' },
  })
}
