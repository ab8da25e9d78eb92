import type { Inventory } from './record.ts'

/** Returns why a source failed if none of its records can be used, in sentences; else null. */
export function whyUnusable(source: string, { records, rejected }: Inventory): string | null {
  if (records.length > 0 || rejected.length === 0) return null
  const { reason, count } = mostFrequent(rejected.map((record) => record.reason))
  const none =
    rejected.length === 1
      ? `The only record that source "${source}" gives cannot be used.`
      : `None of the ${rejected.length} records that source "${source}" gives can be used.`
  return count === 1
    ? `${none} The first: ${reason}`
    : `${none} The most frequent reason, ${count} times: ${reason}`
}

/**
 * Returns the most frequent reason. Reasons that differ only in numbers and quoted values count as one, the
 * first.
 */
function mostFrequent(reasons: readonly string[]): { reason: string; count: number } {
  const groups = new Map<string, { reason: string; count: number }>()
  for (const reason of reasons) {
    const kind = reason.replace(/ is (?:"(?:[^"\\]|\\.)*"|[[{][^,]*),/g, ' is,').replace(/\d+/g, '#')
    const group = groups.get(kind)
    if (group) group.count += 1
    else groups.set(kind, { reason, count: 1 })
  }
  return [...groups.values()].reduce((most, group) => (group.count > most.count ? group : most), {
    reason: '',
    count: 0,
  })
}
