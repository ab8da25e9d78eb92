import { checkRecord, type RecordRules, type SeenRecords, shown } from './check-record.ts'
import { isObject } from './parsed-values.ts'
import { agreeOnRegions } from './precedence.ts'
import type { Inventory, InventoryRecord, RejectedRecord } from './record.ts'
import { UnreadFields } from './unread-fields.ts'

/**
 * Checks the records of one source, one after the other. The position of a record is its 1-based place among
 * them.
 */
export class InventoryCheck {
  readonly #rules: RecordRules
  readonly #seen: SeenRecords = { keys: new Map(), identities: new Map(), endpoints: new Map() }
  readonly #doubts = new Map<number, string>()
  readonly #inventory: Inventory = { records: [], rejected: [] }
  readonly #texts = new SharedTexts()
  readonly #unread: UnreadFields

  constructor(rules: RecordRules) {
    this.#rules = rules
    this.#unread = new UnreadFields(rules.fields)
  }

  /** The number of records so far, rejected ones included. */
  get count(): number {
    return this.#inventory.records.length + this.#inventory.rejected.length
  }

  /** @param doubt a sentence that says why a value may stand in the wrong field; then no value is shown */
  add(raw: unknown, doubt: string | null = null): void {
    const position = this.count + 1
    const checked = checkRecord(raw, position, this.#rules, this.#seen)
    if (isObject(raw)) this.#unread.look(raw)
    if (doubt !== null) this.#doubts.set(position, doubt)
    if ('record' in checked) this.#inventory.records.push(this.#texts.share(checked.record))
    else this.#inventory.rejected.push(doubt === null ? checked.rejected : unseen(checked.rejected, doubt))
  }

  /** Rejects something that stands in place of a record. `known` has the fields that could be read. */
  reject(reason: string, known: Partial<InventoryRecord> = {}): void {
    const position = this.count + 1
    this.#inventory.rejected.push({ position, record: shown(known), reason, identity: null, key: null })
  }

  /** Returns the result. Nothing may be added afterwards. */
  finish(): Inventory {
    agreeOnRegions(this.#inventory.records)
    const unread = this.#unread.found
    return {
      ...this.#inventory,
      ...(this.#doubts.size > 0 && { doubts: this.#doubts }),
      ...(unread.length > 0 && { unread }),
    }
  }
}

/** Hides the values of a rejected record: a password may stand in place of a name. */
function unseen(record: RejectedRecord, doubt: string): RejectedRecord {
  return { ...record, record: '', reason: doubt }
}

/** Checks all records of one source. */
export function checkInventory(rawRecords: Iterable<unknown>, rules: RecordRules): Inventory {
  const check = new InventoryCheck(rules)
  for (const raw of rawRecords) check.add(raw)
  return check.finish()
}

/** The fields that have a few values in thousands of records. */
const REPEATED_FIELDS = ['country', 'site', 'region', 'platform', 'credential'] as const

/** Keeps each text of these fields in memory once. A million records have a few hundred different ones. */
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
