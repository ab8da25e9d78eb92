const MAX_ENTRIES = 64
/** With the number of entries it bounds what hostile hellos can make the cache hold: 32 MiB. */
const MAX_TEXT_LENGTH = 524_288

const SESSION_ID = /<(?:[\w.-]+:)?session-id>([1-9]\d{0,8})</

/** Remembers what a text says, its session-id apart; the oldest is forgotten first. */
export class HelloCache<T extends { sessionId: number | null }> {
  readonly #read: (text: string) => T
  readonly #entries = new Map<string, T>()

  constructor(read: (text: string) => T) {
    this.#read = read
  }

  /** What `read` makes of the text, or made of the same text with another session-id. */
  get(text: string): T {
    const found = SESSION_ID.exec(text)
    const digits = found?.[1] ?? ''
    const at = found === null ? 0 : found.index + found[0].length - 1 - digits.length
    const sessionId = found === null ? null : Number(digits)
    // No XML has a NUL in it, so that texts which differ in more than digits get different keys.
    const key = found === null ? text : `${text.slice(0, at)}\0${text.slice(at + digits.length)}`

    const known = this.#entries.get(key)
    if (known !== undefined) return { ...known, sessionId }
    const value = this.#read(text)
    // What was found may stand in a comment: then it is not what distinguishes two such texts.
    if (value.sessionId === sessionId && text.length <= MAX_TEXT_LENGTH) this.#remember(key, value)
    return value
  }

  #remember(key: string, value: T): void {
    const [oldest] = this.#entries.keys()
    if (this.#entries.size >= MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest)
    this.#entries.set(key, value)
  }
}
