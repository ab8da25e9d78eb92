const MAX_ENTRIES = 64
/** With the number of entries, it limits the memory that hostile hellos can occupy to 32 MiB. */
const MAX_TEXT_LENGTH = 524_288

const SESSION_ID = /<(?:[\w.-]+:)?session-id>([1-9]\d{0,8})</

/** Caches what `read` returns for a text, apart from its session-id. The oldest entry is dropped first. */
export class HelloCache<T extends { sessionId: number | null }> {
  readonly #read: (text: string) => T
  readonly #entries = new Map<string, T>()

  constructor(read: (text: string) => T) {
    this.#read = read
  }

  /** Returns what `read` returns for the text, from the cache if the text differs only in its session-id. */
  get(text: string): T {
    const found = SESSION_ID.exec(text)
    const digits = found?.[1] ?? ''
    const at = found === null ? 0 : found.index + found[0].length - 1 - digits.length
    const sessionId = found === null ? null : Number(digits)
    // XML contains no NUL, so texts that differ in more than the digits get different keys.
    const key = found === null ? text : `${text.slice(0, at)}\0${text.slice(at + digits.length)}`

    const known = this.#entries.get(key)
    if (known !== undefined) return { ...known, sessionId }
    const value = this.#read(text)
    // The match may be inside a comment. Then it is not the session-id, and the text is not cached.
    if (value.sessionId === sessionId && text.length <= MAX_TEXT_LENGTH) this.#remember(key, value)
    return value
  }

  #remember(key: string, value: T): void {
    const [oldest] = this.#entries.keys()
    if (this.#entries.size >= MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest)
    this.#entries.set(key, value)
  }
}
