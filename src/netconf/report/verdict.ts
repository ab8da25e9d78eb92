import type { ProbeOutcome } from '../protocol/outcome.ts'
import type { LibraryAnswer } from './probe-report.ts'

const MAX_NAMED = 5

const UNREAD: Readonly<Record<Exclude<LibraryAnswer, 'read'>, string>> = {
  refused: 'could not be read',
  unanswered: 'did not answer',
}

/**
 * Returns the verdict on a device with an open session that lacks the capabilities `missing`. `library` is
 * null if none was requested.
 */
export function verdictOn(
  missing: readonly string[],
  library: LibraryAnswer | null,
): { outcome: ProbeOutcome; message: string | null } {
  if (missing.length > 0) {
    const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : ''
    const unread =
      library === null || library === 'read'
        ? ''
        : `; its YANG library ${UNREAD[library]}, so modules that only it names count as missing`
    const message = `The device does not offer ${missing.slice(0, MAX_NAMED).join(', ')}${more}${unread}.`
    return { outcome: 'MISSING_CAPABILITIES', message }
  }
  return { outcome: 'SUPPORTED', message: null }
}
