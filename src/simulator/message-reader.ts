const END_OF_MESSAGE = ']]>]]>'
const CHUNK_HEADER = /^\n#(?:([1-9][0-9]{0,9})|#)\n/
/** The length of LF, `#`, ten digits, LF. */
const LONGEST_HEADER = 13
/** A limit that no client of a simulated device needs. */
const LONGEST_MESSAGE = 1024 * 1024

/**
 * Splits the bytes of a client into messages, in either framing of RFC 6242 section 4. It shares no code with
 * the client in `netconf/`, because a mistake that both make would stay unnoticed.
 *
 * The text of a message has one character for each byte, so that counting characters counts bytes.
 */
export class MessageReader {
  readonly #onMessage: (text: string) => void
  readonly #onMalformed: () => void
  #chunked = false
  #broken = false
  #pending = ''
  #chunks = ''

  constructor(handlers: { onMessage: (text: string) => void; onMalformed: () => void }) {
    this.#onMessage = handlers.onMessage
    this.#onMalformed = handlers.onMalformed
  }

  /** Expects messages in chunks from the next byte on. */
  expectChunks(): void {
    this.#chunked = true
  }

  read(bytes: Buffer): void {
    if (this.#broken) return
    this.#pending += bytes.toString('latin1')
    while (this.#chunked ? this.#takeChunk() : this.#takeWhole());
    if (this.#pending.length + this.#chunks.length > LONGEST_MESSAGE) this.#break()
  }

  /** Takes one message. Returns whether there may be another one. */
  #takeWhole(): boolean {
    const end = this.#pending.indexOf(END_OF_MESSAGE)
    if (end === -1) return false
    const text = this.#pending.slice(0, end)
    this.#pending = this.#pending.slice(end + END_OF_MESSAGE.length)
    this.#onMessage(text)
    return true
  }

  #takeChunk(): boolean {
    const header = CHUNK_HEADER.exec(this.#pending.slice(0, LONGEST_HEADER))
    if (header === null) {
      if (this.#pending.length >= LONGEST_HEADER) this.#break()
      return false
    }
    const [all, size] = header
    if (size === undefined) {
      const text = this.#chunks
      this.#chunks = ''
      this.#pending = this.#pending.slice(all.length)
      this.#onMessage(text)
      return true
    }
    const end = all.length + Number(size)
    if (this.#pending.length < end) return false
    this.#chunks += this.#pending.slice(all.length, end)
    this.#pending = this.#pending.slice(end)
    return true
  }

  #break(): void {
    this.#broken = true
    this.#pending = ''
    this.#chunks = ''
    this.#onMalformed()
  }
}
