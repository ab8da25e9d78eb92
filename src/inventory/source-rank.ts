/** Where a source stands among those that are configured: what several of them list is taken from the first. */
export interface SourceRank {
  source: string
  /** Whether another source takes precedence over this one; one that is not configured never does. */
  precedes(other: string): boolean
}

/** @param order names of all configured sources; one that is not among them comes last */
export function rankOf(source: string, order: readonly string[]): SourceRank {
  const place = order.indexOf(source)
  const earlier = new Set(place < 0 ? order : order.slice(0, place))
  return { source, precedes: (other) => earlier.has(other) }
}
