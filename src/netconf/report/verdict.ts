import type { ProbeOutcome } from '../protocol/outcome.ts'
import type { LibraryAnswer } from './probe-report.ts'

const MAX_NAMED = 5

const UNREAD: Readonly<Record<Exclude<LibraryAnswer, 'read'>, string>> = {
  refused: 'could not be read',
  unanswered: 'did not answer',
}

/**
 * What to say of a device that a session was opened with, and that lacks `missing` of what is required;
 * `library` is null where none was asked for.
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
