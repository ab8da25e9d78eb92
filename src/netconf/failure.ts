import type { ProbeOutcome } from './outcome.ts'

/** Why a probe cannot go on. The message is one sentence for a network engineer: what happened, what to check. */
export interface ProbeFailure {
  outcome: ProbeOutcome
  message: string
}

const MAX_EXCERPT = 120

/** What a peer said, fit to stand inside a message: one line, printable characters only, cut to 120. */
export function excerpt(said: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what a peer must not put into a log
  const line = said.replace(/[\s\x00-\x1f\x7f-\x9f]+/g, ' ').trim()
  return line.length > MAX_EXCERPT ? `${line.slice(0, MAX_EXCERPT)}…` : line
}
