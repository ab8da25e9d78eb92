import type { ProbeOutcome } from './outcome.ts'

/** Why a probe cannot go on. The message is one sentence for a network engineer: what happened, what to check. */
export interface ProbeFailure {
  outcome: ProbeOutcome
  message: string
  /** Set if this machine lacked what the probe needs, which says nothing of the device; the outcome is SKIPPED then. */
  shortage?: true
}

const MAX_EXCERPT = 120

/** More bytes than an excerpt needs. */
const MAX_EXCERPT_BYTES = 1000

/** What a peer said, fit to stand inside a message: one line, printable characters only, cut to 120. */
export function excerpt(said: string): string {
  const line = said.replace(/[\s\p{C}]+/gu, ' ').trim()
  // A character outside of the basic plane is two units, and half of one is none.
  return line.length > MAX_EXCERPT ? `${line.slice(0, MAX_EXCERPT).replace(/[\ud800-\udbff]$/, '')}…` : line
}

/** The same of bytes, which are read as UTF-8 if that is what they are, and else as Latin-1. */
export function excerptOf(bytes: Buffer): string {
  const said = excerpt(decode(bytes.subarray(0, MAX_EXCERPT_BYTES)))
  // Blanks may have filled what was read. The mark tells whoever takes secrets out that one may be cut off.
  return bytes.length <= MAX_EXCERPT_BYTES || said === '' || said.endsWith('…') ? said : `${said}…`
}

function decode(beginning: Buffer): string {
  try {
    // The last character may be cut off: `stream` leaves it out.
    return new TextDecoder('utf-8', { fatal: true }).decode(beginning, { stream: true })
  } catch {
    return beginning.toString('latin1')
  }
}
