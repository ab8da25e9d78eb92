import { checkRecord, type RecordRules, type SeenRecords, shown } from './check-record.ts'
import type { Inventory, InventoryRecord, RejectedRecord } from './record.ts'
import { agreeOnRegions } from './regions.ts'

/** The fields of which a few values stand in thousands of records. */
const REPEATED_FIELDS = ['country', 'site', 'region', 'platform', 'credential'] as const

/** The check of one source's records, one after the other; a record's position is its 1-based place among them. */
export class InventoryCheck {
  readonly #rules: RecordRules
  readonly #seen: SeenRecords = { keys: new Map(), identities: new Map(), endpoints: new Map() }
  readonly #doubts = new Map<number, string>()
  readonly #inventory: Inventory = { records: [], rejected: [] }
  readonly #texts = new Map<string, string>()

  constructor(rules: RecordRules) {
    this.#rules = rules
  }

  /** Records so far, the rejected ones included. */
  get count(): number {
    return this.#inventory.records.length + this.#inventory.rejected.length
  }

  /** @param doubt why a value of the record may stand in the wrong field, in a sentence; then none of them is shown */
  add(raw: unknown, doubt: string | null = null): void {
    const position = this.count + 1
    const checked = checkRecord(raw, position, this.#rules, this.#seen)
    if (doubt !== null) this.#doubts.set(position, doubt)
    if ('record' in checked) this.#inventory.records.push(this.#shareTexts(checked.record))
    else this.#inventory.rejected.push(doubt === null ? checked.rejected : unseen(checked.rejected, doubt))
  }

  /** Sets aside what stands where a record should, and is none; `known` are fields of ours that can be told. */
  reject(reason: string, known: Partial<InventoryRecord> = {}): void {
    const position = this.count + 1
    this.#inventory.rejected.push({ position, record: shown(known), reason, identity: null, key: null })
  }

  /** What was found; nothing may be added afterwards. */
  finish(): Inventory {
    agreeOnRegions(this.#inventory.records)
    return this.#doubts.size === 0 ? this.#inventory : { ...this.#inventory, doubts: this.#doubts }
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

/** A password may stand where a name should. */
function unseen(record: RejectedRecord, doubt: string): RejectedRecord {
  return { ...record, record: '', reason: doubt }
}

/** Checks all records of one source. */
export function checkInventory(rawRecords: Iterable<unknown>, rules: RecordRules): Inventory {
  const check = new InventoryCheck(rules)
  for (const raw of rawRecords) check.add(raw)
  return check.finish()
}
