/** Each connection keeps as many statements prepared, some 20 kB each. */
const MAX_NAMES = 200
/** A statement gets a name when it runs for this time, so that filters that nobody repeats take none. */
const NAMED_FROM = 3
/** Statements whose runs are counted. */
const MAX_COUNTED = 1_000
/** Filters of many parts have longer statements. */
const MAX_LENGTH = 10_000

/**
 * Names the statements that a process runs often. A connection parses a statement with a name only once.
 * Parsing is a fifth of the time of a short one.
 */
export class StatementNames {
  readonly #names = new Map<string, string>()
  readonly #runs = new Map<string, number>()

  /** Counts a run of the statement. Returns its name; undefined if it has none. */
  nameOf(sql: string): string | undefined {
    const name = this.#names.get(sql)
    if (name !== undefined || this.#names.size === MAX_NAMES || sql.length > MAX_LENGTH) return name
    const runs = (this.#runs.get(sql) ?? 0) + 1
    if (runs < NAMED_FROM) {
      if (this.#runs.size === MAX_COUNTED) this.#runs.clear()
      this.#runs.set(sql, runs)
      return undefined
    }
    this.#runs.delete(sql)
    const given = `rollcall_${this.#names.size + 1}`
    this.#names.set(sql, given)
    return given
  }
}
