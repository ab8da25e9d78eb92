import { Turn } from '../../base/turns.ts'
import { InventoryCheck } from '../../inventory/check-inventory.ts'
import type { RecordRules } from '../../inventory/check-record.ts'
import type { Inventory, InventoryRecord } from '../../inventory/record.ts'
import { sourceFailure } from '../source.ts'

/** Twice as many as the largest known inventory. Each takes about 0.4 KB of memory. */
const MAX_RECORDS = 2_000_000

/** Collects and checks the records of one fetch as they are read. Fails if there are too many. */
export class RecordIntake {
  readonly #subject: string
  readonly #check: InventoryCheck
  /** Readers look at it after each record. */
  readonly turn = new Turn()

  constructor(subject: string, rules: RecordRules) {
    this.#subject = subject
    this.#check = new InventoryCheck(rules)
  }

  /** The number of records so far, rejected ones included. */
  get count(): number {
    return this.#check.count
  }

  /** @param doubt a sentence that says why a value may stand in the wrong field */
  add(raw: unknown, doubt: string | null = null): void {
    this.#makeRoom()
    this.#check.add(raw, doubt)
  }

  /** Rejects something that stands in place of a record. `known` has the fields that could be read. */
  reject(reason: string, known?: Partial<InventoryRecord>): void {
    this.#makeRoom()
    this.#check.reject(reason, known)
  }

  finish(): Inventory {
    return this.#check.finish()
  }

  #makeRoom(): void {
    if (this.#check.count < MAX_RECORDS) return
    const limit = MAX_RECORDS.toLocaleString('en')
    throw sourceFailure(this.#subject, `has more than ${limit} records; split it over several sources.`)
  }
}
