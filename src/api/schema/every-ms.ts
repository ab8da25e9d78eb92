const MIN_EVERY_MS = 50
const MAX_EVERY_MS = 60_000

/** Of the argument, for the schema. */
export function everyMsDescription(fallback: number): string {
  return `Milliseconds from one event to the next, ${MIN_EVERY_MS} to ${MAX_EVERY_MS}; beyond that the nearest of these. Default: ${fallback}.`
}

/** The pace that a subscriber asks for, within what is allowed. */
export function everyMsOf(asked: number | null | undefined, fallback: number): number {
  return Math.min(Math.max(asked ?? fallback, MIN_EVERY_MS), MAX_EVERY_MS)
}
