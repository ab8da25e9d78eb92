const MIN_EVERY_MS = 50
const MAX_EVERY_MS = 60_000

/** The pace that a subscriber asks for, within what is allowed. */
export function everyMsOf(asked: number | null | undefined, fallback: number): number {
  return Math.min(Math.max(asked ?? fallback, MIN_EVERY_MS), MAX_EVERY_MS)
}
