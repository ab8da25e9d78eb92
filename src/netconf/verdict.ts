import type { ProbeOutcome } from './outcome.ts'

const MAX_NAMED = 5

/** What to say of a device that a session was opened with, and that lacks `missing` of what is required. */
export function verdictOn(
  sessionId: number | null,
  missing: readonly string[],
): { outcome: ProbeOutcome; message: string | null } {
  if (missing.length > 0) {
    const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : ''
    const message = `The device does not offer ${missing.slice(0, MAX_NAMED).join(', ')}${more}.`
    return { outcome: 'MISSING_CAPABILITIES', message }
  }
  const message = sessionId === null ? 'The hello has no session-id that is a number.' : null
  return { outcome: 'SUPPORTED', message }
}
