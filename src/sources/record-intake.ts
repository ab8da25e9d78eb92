import { InventoryCheck } from '../inventory/check-inventory.ts'
import type { RecordRules } from '../inventory/check-record.ts'
import type { Inventory, InventoryRecord } from '../inventory/record.ts'
import { sourceFailure } from './source-failure.ts'

/** Some 0.4 KB of memory each: twice as many as anybody was heard to have. */
const MAX_RECORDS = 2_000_000

/** Takes in the records of one fetch as they are read; fails where they have no end. */
export class RecordIntake {
  readonly #subject: string
  readonly #check: InventoryCheck

  constructor(subject: string, rules: RecordRules) {
    this.#subject = subject
    this.#check = new InventoryCheck(rules)
  }

  /** Records so far, the rejected ones included. */
  get count(): number {
    return this.#check.count
  }

  /** @param doubt why a value of the record may stand in the wrong field, in a sentence */
  add(raw: unknown, doubt: string | null = null): void {
    this.#makeRoom()
    this.#check.add(raw, doubt)
  }

  /** Sets aside what stands where a record should; `known` are fields of it that can be told. */
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
