import type { FieldNames } from './check-record.ts'
import { RECORD_FIELDS, type UnreadField } from './record.ts'

/** Names that are kept so that they are compared once. A record may have 1,000 keys. */
const MAX_KEPT = 1_000

/** Finds the names in the records of one source that are not read although only their case is wrong. */
export class UnreadFields {
  /** The fields by the source's names for them in lower case. */
  readonly #byName: ReadonlyMap<string, Omit<UnreadField, 'given'>>
  readonly #used: ReadonlySet<string>
  /** Names that are no field in any case, or are read. */
  readonly #others = new Set<string>()
  readonly #found = new Map<string, UnreadField>()

  constructor(fields: FieldNames) {
    const names = RECORD_FIELDS.map((field) => ({ field, read: fields[field] ?? field }))
    this.#byName = new Map(names.map((name) => [name.read.toLowerCase(), name]))
    this.#used = new Set(names.map(({ read }) => read))
  }

  /** A record that has the right name as well means that one. */
  look(record: object): void {
    for (const given of Object.keys(record)) {
      if (this.#others.has(given) || this.#found.has(given)) continue
      const field = this.#used.has(given) ? undefined : this.#byName.get(given.toLowerCase())
      if (field === undefined) {
        if (this.#others.size < MAX_KEPT) this.#others.add(given)
      } else if (!Object.hasOwn(record, field.read)) {
        this.#found.set(given, { given, ...field })
      }
    }
  }

  /** In the order in which they were found. */
  get found(): UnreadField[] {
    return [...this.#found.values()]
  }
}
