const FIRST_DELAY_MS = 1_000
/** The longest delay, even if the server asks for more: the whole fetch has a time limit. */
const LONGEST_DELAY_MS = 60_000

/**
 * Returns how long to wait before the next try: 1, 2, then 4 s, less up to half of it at random, so that
 * clients that failed together do not return together. If the server asks for more, that is used, up to a
 * minute.
 *
 * @param attempt the number of tries that failed before the last one
 * @param retryAfter the server's Retry-After: seconds or a date (RFC 9110, section 10.2.3)
 * @param random from 0 to 1 /
 */
export function retryDelayMs({
  attempt,
  retryAfter,
  now,
  random,
}: {
  attempt: number
  retryAfter: string | undefined
  now: number
  random: number
}): number {
  const backOff = FIRST_DELAY_MS * 2 ** attempt * (1 - random / 2)
  return Math.min(LONGEST_DELAY_MS, Math.max(backOff, askedFor(retryAfter, now)))
}

function askedFor(retryAfter: string | undefined, now: number): number {
  if (retryAfter === undefined) return 0
  if (/^\d{1,10}$/.test(retryAfter)) return Number(retryAfter) * 1_000
  const date = Date.parse(retryAfter)
  return Number.isNaN(date) ? 0 : date - now
}
