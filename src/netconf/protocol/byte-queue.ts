const FIRST_CAPACITY = 16_384

/**
 * Bytes gathered from many pieces, in memory of at most twice their number: pieces kept as they come would each
 * hold on to the whole packet they were cut from.
 */
export class ByteQueue {
  #buffer: Buffer = Buffer.alloc(0)
  #owned = false
  #length = 0

  get length(): number {
    return this.#length
  }

  append(piece: Buffer): void {
    if (this.#length === 0 && !this.#owned) {
      // Most messages come in one piece, which then needs no copy.
      this.#buffer = piece
      this.#length = piece.length
      return
    }
    this.#reserve(this.#length + piece.length)
    this.#buffer.set(piece, this.#length)
    this.#length += piece.length
  }

  /** A view that the next `append` or `clear` may change. */
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
