/** The keys of filters that no index helps with. */
const SCANS: ReadonlySet<string> = new Set(['contains', 'not'])

/** How often a filter makes the database go through all rows. */
export function scansOf(filter: unknown): number {
  const waiting = [filter]
  let scans = 0
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value !== 'object' || value === null) continue
    for (const [key, inner] of Object.entries(value)) {
      if (SCANS.has(key) && inner !== null && inner !== undefined) scans += 1
      if (typeof inner === 'object') waiting.push(inner)
    }
  }
  return scans
}
