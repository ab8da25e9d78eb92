import type { Duplex } from 'node:stream'
import { AddressShares } from '../limits/address-shares.ts'

/** What each of them holds is little, but anybody may open one. */
const MAX_SOCKETS = 1_000

/** More than the longest token, with all else that a client tells of itself. */
const MAX_BYTES = 32 * 1024

/** The WebSockets of which nobody knows yet whom they are for. If there are too many, one gives way to the next. */
export class UnadmittedSockets {
  readonly #shares = new AddressShares()
  readonly #max: number

  constructor(max = MAX_SOCKETS) {
    this.#max = max
  }

  /**
   * Cuts a client off that sends more than it takes to be let in: whole messages or not, and pings, too. The returned
   * function is to be called when it is let in, and when it is gone.
   */
  add(stream: Duplex, { address, cutOff }: { address: string; cutOff: () => void }): () => void {
    let bytes = 0
    const count = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MAX_BYTES) cutOff()
    }
    // Before the library sees it.
    stream.prependListener('data', count)
    if (this.#shares.size >= this.#max) this.#shares.giveWay()
    const leave = this.#shares.add(address, cutOff)
    return () => {
      leave()
      stream.removeListener('data', count)
    }
  }
}
