import { checkRecord, type RecordRules, type SeenRecords, shown } from './check-record.ts'
import type { Inventory, InventoryRecord } from './record.ts'
import { agreeOnRegions } from './regions.ts'

/** The fields of which a few values stand in thousands of records. */
const REPEATED_FIELDS = ['country', 'site', 'region', 'platform', 'credential'] as const

/** The check of one source's records, one after the other; a record's position is its 1-based place among them. */
export class InventoryCheck {
  readonly #rules: RecordRules
  readonly #seen: SeenRecords = { keys: new Map(), identities: new Map(), endpoints: new Map() }
  readonly #inventory: Inventory = { records: [], rejected: [] }
  readonly #texts = new Map<string, string>()

  constructor(rules: RecordRules) {
    this.#rules = rules
  }

  /** Records so far, the rejected ones included. */
  get count(): number {
    return this.#inventory.records.length + this.#inventory.rejected.length
  }

  add(raw: unknown): void {
    const checked = checkRecord(raw, this.count + 1, this.#rules, this.#seen)
    if ('record' in checked) this.#inventory.records.push(this.#shareTexts(checked.record))
    else this.#inventory.rejected.push(checked.rejected)
  }

  /** Sets aside what stands where a record should, and is none; `known` are fields of ours that can be told. */
  reject(reason: string, known: Partial<InventoryRecord> = {}): void {
    const position = this.count + 1
    this.#inventory.rejected.push({ position, record: shown(known), reason, identity: null, key: null })
  }

  /** What was found; nothing may be added afterwards. */
  finish(): Inventory {
    agreeOnRegions(this.#inventory.records)
    return this.#inventory
  }

  /** A million records hold a few hundred different texts in these fields, once each instead of a million times. */
  #shareTexts(record: InventoryRecord): InventoryRecord {
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

/** Checks all records of one source. */
export function checkInventory(rawRecords: Iterable<unknown>, rules: RecordRules): Inventory {
  const check = new InventoryCheck(rules)
  for (const raw of rawRecords) check.add(raw)
  return check.finish()
}
