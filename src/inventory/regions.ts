import type { KnownDevice } from './diff.ts'
import type { InventoryRecord } from './record.ts'
import type { SourceRank } from './source-rank.ts'

/**
 * A region belongs to a country: the first record that names one speaks for the others of the country. Otherwise
 * records that disagree would differ from what is known at every sync.
 */
export function agreeOnRegions(records: InventoryRecord[]): void {
  const regions = new Map<string, string>()
  for (const { country, region } of records) {
    if (region !== null && !regions.has(country)) regions.set(country, region)
  }
  for (const record of records) record.region = regions.get(record.country) ?? null
}

/**
 * The records, with the known region where another has the say in it, so that two sources do not change it to and fro: one
 * that takes precedence and has devices in the country, or, where these records name none, any other that has.
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
