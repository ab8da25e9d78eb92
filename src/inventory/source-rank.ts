/** The rank of a source among the configured ones. A device that several list belongs to the first. */
export interface SourceRank {
  source: string
  /** Tells whether another source takes precedence over this one. One that is not configured never does. */
  precedes(other: string): boolean
}

/** @param order names of all configured sources; one that is not among them comes last */
export function rankOf(source: string, order: readonly string[]): SourceRank {
  const place = order.indexOf(source)
  const earlier = new Set(place < 0 ? order : order.slice(0, place))
  return { source, precedes: (other) => earlier.has(other) }
}
