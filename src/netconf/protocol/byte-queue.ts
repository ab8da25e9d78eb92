const FIRST_CAPACITY = 16_384

/**
 * Gathers bytes from many pieces, in at most twice as much memory. If the pieces were kept as they come, each
 * would keep its whole packet in memory.
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
