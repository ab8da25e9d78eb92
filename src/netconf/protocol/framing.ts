/** Ends every message until base:1.1 is agreed on, including both hellos (RFC 6242 section 4.3). */
const END_OF_MESSAGE = ']]>]]>'
const DELIMITER = Buffer.from(END_OF_MESSAGE)

/** RFC 6242 section 4.2: chunk-size is at most 4294967295. */
const MAX_CHUNK_SIZE = 0xffff_ffff
const LF = 0x0a
const CR = 0x0d
const HASH = 0x23
const LT = 0x3c
const NOT_IN_CHUNKS = 'it offers base:1.1, but a message is not in chunks'

/** The state of the decoder within chunked framing, named by what it expects next. */
type ChunkState = 'LF' | 'HASH' | 'SIZE_OR_END' | 'SIZE' | 'END' | 'DATA'

export function encodeEndOfMessage(message: string): string {
  return message + END_OF_MESSAGE
}

export function encodeChunked(message: string): string {
  return `\n#${Buffer.byteLength(message)}\n${message}\n##\n`
}

/**
 * Splits a NETCONF byte stream, in pieces of any size, into messages. It starts with end-of-message framing,
 * and changes to chunked framing when `useChunks` is called (RFC 6242 section 4.1). It takes linear time, and
 * holds at most `maxMessageBytes` and one piece.
 */
export class FrameDecoder {
  readonly #maxMessageBytes: number
  readonly #onMessage: (message: Buffer) => void
  readonly #message = new ByteQueue()
  #searched = 0
  #chunked = false
  #state: ChunkState = 'LF'
  #size = 0
  #chunks = 0
  #violation: string | null = null

  /** `onMessage` may call `useChunks`. The bytes of the message are valid only until it returns. */
  constructor(options: { maxMessageBytes: number; onMessage: (message: Buffer) => void }) {
    this.#maxMessageBytes = options.maxMessageBytes
    this.#onMessage = options.onMessage
  }

  /** The bytes of the incomplete message. The next `push` may change them. */
  get pending(): Buffer {
    return this.#message.bytes()
  }

  /** Decodes everything after the present message as chunks. */
  useChunks(): void {
    this.#chunked = true
  }

  /**
   * Decodes a piece. Returns how the stream violates the framing, as half a sentence; null if it does not.
   * Never throws.
   */
  push(piece: Buffer): string | null {
    let rest = piece
    while (rest.length > 0 && this.#violation === null) {
      rest = this.#chunked ? this.#pushChunked(rest) : this.#pushDelimited(rest)
    }
    return this.#violation
  }

  /** Consumes bytes up to the end of one message and returns the rest. */
  #pushDelimited(piece: Buffer): Buffer {
    const before = this.#message.length
    this.#message.append(piece)
    const bytes = this.#message.bytes()
    const at = bytes.indexOf(DELIMITER, this.#searched)
    if ((at === -1 ? bytes.length - DELIMITER.length : at) > this.#maxMessageBytes) {
      this.#rejectLength()
      return piece
    }
    if (at === -1) {
      this.#searched = Math.max(0, bytes.length - DELIMITER.length + 1)
      return piece.subarray(piece.length)
    }
    this.#deliver(bytes.subarray(0, at))
    return piece.subarray(at + DELIMITER.length - before)
  }

  #pushChunked(piece: Buffer): Buffer {
    let at = 0
    while (at < piece.length && this.#violation === null) {
      if (this.#state === 'DATA') {
        const data = piece.subarray(at, at + this.#size)
        this.#message.append(data)
        this.#size -= data.length
        at += data.length
        if (this.#size === 0) this.#state = 'LF'
      } else {
        this.#readHeader(this.#state, piece[at] ?? 0)
        at += 1
      }
    }
    return piece.subarray(at)
  }

  #readHeader(state: Exclude<ChunkState, 'DATA'>, byte: number): void {
    // Some servers send extra line breaks between messages. Within a message they are an error.
    const isFill = this.#chunks === 0 && (byte === LF || byte === CR)
    switch (state) {
      case 'LF':
        if (byte === LF) this.#state = 'HASH'
        else if (!isFill) this.#rejectStart(byte, 'a line feed')
        break
      case 'HASH':
        if (byte === HASH) this.#state = 'SIZE_OR_END'
        else if (!isFill) this.#rejectStart(byte, '"#"')
        break
      case 'SIZE_OR_END':
        if (byte === HASH && this.#chunks > 0) this.#state = 'END'
        else if (byte >= 0x31 && byte <= 0x39) this.#startSize(byte)
        else this.#reject('a chunk size does not start with a digit from 1 to 9')
        break
      case 'SIZE':
        this.#continueSize(byte)
        break
      case 'END':
        if (byte === LF) this.#deliver(this.#message.bytes())
        else this.#reject('the end of the chunks lacks its line feed')
        break
    }
  }

  #startSize(digit: number): void {
    this.#size = digit - 0x30
    this.#state = 'SIZE'
  }

  #continueSize(byte: number): void {
    if (byte === LF) {
      if (this.#message.length + this.#size > this.#maxMessageBytes) this.#rejectLength()
      this.#chunks += 1
      this.#state = 'DATA'
    } else if (byte >= 0x30 && byte <= 0x39) {
      this.#size = this.#size * 10 + byte - 0x30
      if (this.#size > MAX_CHUNK_SIZE) this.#reject(`a chunk is larger than ${MAX_CHUNK_SIZE} bytes`)
    } else {
      this.#reject('a chunk size is not a number')
    }
  }

  #deliver(message: Buffer): void {
    this.#onMessage(message)
    this.#message.clear()
    this.#searched = 0
    this.#chunks = 0
    this.#state = 'LF'
  }

  /** Reports a chunk with a wrong start. A message that starts with a tag uses end-of-message framing. */
  #rejectStart(byte: number, expected: string): void {
    const isTag = byte === LT && this.#chunks === 0
    this.#reject(isTag ? NOT_IN_CHUNKS : `a chunk does not start with ${expected}`)
  }

  #rejectLength(): void {
    this.#reject(`a message is longer than ${this.#maxMessageBytes} bytes`)
  }

  #reject(violation: string): void {
    this.#violation = violation
  }
}

const FIRST_CAPACITY = 16_384

/**
 * Gathers bytes from many pieces, in at most twice as much memory. If the pieces were kept as they come, each
 * would keep its whole packet in memory.
 */
class ByteQueue {
  #buffer: Buffer = Buffer.alloc(0)
  #owned = false
  #length = 0

  get length(): number {
    return this.#length
  }

  append(piece: Buffer): void {
    if (this.#length === 0 && !this.#owned) {
      // Most messages come in one piece, which needs no copy.
      this.#buffer = piece
      this.#length = piece.length
      return
    }
    this.#reserve(this.#length + piece.length)
    this.#buffer.set(piece, this.#length)
    this.#length += piece.length
  }

  /** Returns a view that the next `append` or `clear` may change. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  clear(): void {
    this.#buffer = Buffer.alloc(0)
    this.#owned = false
    this.#length = 0
  }

  #reserve(needed: number): void {
    if (this.#owned && needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_CAPACITY, needed, 2 * this.#length))
    larger.set(this.bytes(), 0)
    this.#buffer = larger
    this.#owned = true
  }
}
