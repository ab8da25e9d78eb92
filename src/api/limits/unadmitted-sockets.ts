import type { Duplex } from 'node:stream'

/** What each of them holds is little, but anybody may open one. */
const MAX_SOCKETS = 1_000

/** More than the longest token, with all else that a client tells of itself. */
const MAX_BYTES = 32 * 1024

/** The WebSockets of which nobody knows yet whom they are for. */
export class UnadmittedSockets {
  readonly #max: number
  #count = 0

  constructor(max = MAX_SOCKETS) {
    this.#max = max
  }

  get areTooMany(): boolean {
    return this.#count >= this.#max
  }

  /**
   * Cuts a client off that sends more than it takes to be let in: whole messages or not, and pings, too. The returned
   * function is to be called when it is let in, and when it is gone.
   */
  add(stream: Duplex, cutOff: () => void): () => void {
    let bytes = 0
    const count = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MAX_BYTES) cutOff()
    }
    // Before the library sees it.
    stream.prependListener('data', count)
    this.#count += 1
    let isAmong = true
    return () => {
      if (!isAmong) return
      isAmong = false
      this.#count -= 1
      stream.removeListener('data', count)
    }
  }
}
