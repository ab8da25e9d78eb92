import { excerpt } from '../protocol/failure.ts'

/** What a shell means by its own exit statuses (POSIX, section 2.8.2). */
const STATUSES: ReadonlyMap<number, string> = new Map([
  [126, 'could not be run'],
  [127, 'not found'],
])

/**
 * Describes how the program behind a subsystem ended (RFC 4254 section 6.10), as half a sentence: it is all that
 * OpenSSH tells of a subsystem that could not start. Null if it ended well.
 */
export function describeExit(status: number | null, signal = ''): string | null {
  if (status === null) return `its program was ended by ${excerpt(signal)}`
  if (status === 0) return null
  const meaning = STATUSES.get(status)
  return `its program ended with exit status ${status}${meaning === undefined ? '' : `: ${meaning}`}`
}
