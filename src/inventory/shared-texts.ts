import type { InventoryRecord } from './record.ts'

/** The fields that have a few values in thousands of records. */
const REPEATED_FIELDS = ['country', 'site', 'region', 'platform', 'credential'] as const

/** Keeps each text of these fields in memory once: a million records have only a few hundred different ones. */
export class SharedTexts {
  readonly #texts = new Map<string, string>()

  /** Returns the record, with each text replaced by the equal one that came first. */
  share(record: InventoryRecord): InventoryRecord {
    for (const field of REPEATED_FIELDS) {
      const text = record[field]
      if (text === null) continue
      const shared = this.#texts.get(text)
      if (shared === undefined) this.#texts.set(text, text)
      else record[field] = shared
    }
    return record
  }
}
