/**
 * The candidate that a mistyped name most likely means; null if none is near. Case, `_` and `-` are ignored.
 */
export function nearest(name: string, candidates: readonly string[]): string | null {
  const folded = fold(name)
  let found: string | null = null
  // At most a third of the letters may be wrong. Otherwise short names would be mistaken for each other.
  let limit = Math.max(1, Math.floor(folded.length / 3))
  for (const candidate of candidates) {
    const distance = editDistance(folded, fold(candidate))
    if (distance > limit || (found !== null && distance === limit)) continue
    found = candidate
    limit = distance
  }
  return found
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '')
}

/** The Levenshtein distance: the number of insertions, deletions and substitutions. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const substituted = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1)
      current.push(Math.min(substituted, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[to.length] ?? 0
}
