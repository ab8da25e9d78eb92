const FIRST_DELAY_MS = 1_000
/** A server that asks for more patience than that is asked again nevertheless: the fetch has a limit of its own. */
const LONGEST_DELAY_MS = 60_000

/**
 * How long to wait before the next try: at least as long as the server asks for, up to a minute, and 1, 2, 4 s less up to a
 * half, so that those who failed together do not come back together.
 *
 * @param attempt how many tries have failed before the last one
 * @param retryAfter the server's Retry-After: seconds or a date (RFC 9110, section 10.2.3)
 * @param random from 0 to 1
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
