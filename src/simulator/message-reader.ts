const END_OF_MESSAGE = ']]>]]>'
const CHUNK_HEADER = /^\n#(?:([1-9][0-9]{0,9})|#)\n/
/** LF, `#`, ten digits, LF. */
const LONGEST_HEADER = 13
/** A client of a simulated device has little to say. */
const LONGEST_MESSAGE = 1024 * 1024

/**
 * Cuts what a client sends into messages, in either framing of RFC 6242 section 4. It shares no code with the
 * client side in `netconf/`: a mistake made in both would go unseen.
 *
 * A message's text holds one character for each byte, so that counting characters is counting octets.
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

  /** From the next byte on, messages come in chunks. */
  expectChunks(): void {
    this.#chunked = true
  }

  read(bytes: Buffer): void {
    if (this.#broken) return
    this.#pending += bytes.toString('latin1')
    while (this.#chunked ? this.#takeChunk() : this.#takeWhole());
    if (this.#pending.length + this.#chunks.length > LONGEST_MESSAGE) this.#break()
  }

  /** True where there may be more to take. */
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
