import type { ProbeOutcome } from './outcome.ts'

/**
 * The reason why a probe ended. The message tells a network engineer in one sentence what happened and what
 * to check.
 */
export interface ProbeFailure {
  outcome: ProbeOutcome
  message: string
  /**
   * Set if this machine ran out of a resource, which says nothing about the device; the outcome is then
   * SKIPPED.
   */
  shortage?: true
  /** Set if another service than SSH listens on the port. */
  notSsh?: true
}

const MAX_EXCERPT = 120

/** More bytes than an excerpt can show. */
const MAX_EXCERPT_BYTES = 1000

/** Returns the words of a peer in a form for messages: one line, printable characters only, at most 120. */
export function excerpt(said: string): string {
  const line = said.replace(/[\s\p{C}]+/gu, ' ').trim()
  // A cut in the middle of a surrogate pair would leave half a character.
  return line.length > MAX_EXCERPT ? `${line.slice(0, MAX_EXCERPT).replace(/[\ud800-\udbff]$/, '')}…` : line
}

/** Returns the excerpt of bytes, which are decoded as UTF-8 if they are valid UTF-8, otherwise as Latin-1. */
export function excerptOf(bytes: Buffer): string {
  const said = excerpt(decode(bytes.subarray(0, MAX_EXCERPT_BYTES)))
  // The bytes may be mostly blanks, so a short excerpt may be cut, too. The mark tells `redact` that a secret
  // may be cut off.
  return bytes.length <= MAX_EXCERPT_BYTES || said === '' || said.endsWith('…') ? said : `${said}…`
}

function decode(beginning: Buffer): string {
  try {
    // `stream` omits the last character if it is cut off.
    return new TextDecoder('utf-8', { fatal: true }).decode(beginning, { stream: true })
  } catch {
    return beginning.toString('latin1')
  }
}
