import type { KnownDevice } from './diff.ts'
import type { InventoryRecord } from './record.ts'
import type { SourceRank } from './source-rank.ts'

/**
 * Gives all records of a country the region that its first record with a region names, because a region
 * belongs to a country. Otherwise records that disagree would cause changes at every sync. /
 */
export function agreeOnRegions(records: InventoryRecord[]): void {
  const regions = new Map<string, string>()
  for (const { country, region } of records) {
    if (region !== null && !regions.has(country)) regions.set(country, region)
  }
  for (const record of records) record.region = regions.get(record.country) ?? null
}

/**
 * Keeps the known region of a country in these records if another source decides on it, so that two sources
 * do not change it back and forth. A source decides if it takes precedence and has devices in the country. If
 * these records name no region, any other source with devices there decides. /
 */
export function settleRegions(
  records: InventoryRecord[],
  known: readonly KnownDevice[],
  rank: SourceRank,
): InventoryRecord[] {
  const settled = new Map<string, { region: string | null; isFirm: boolean }>()
  for (const { country, region, source, lifecycle } of known) {
    if (lifecycle !== 'ACTIVE' || source === rank.source) continue
    const isFirm = region !== null && rank.precedes(source)
    if (isFirm || !settled.has(country)) settled.set(country, { region, isFirm })
  }
  if (settled.size === 0) return records
  return records.map((record) => {
    const other = settled.get(record.country)
    return other && (other.isFirm || record.region === null) ? { ...record, region: other.region } : record
  })
}
