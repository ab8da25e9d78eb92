import type { Duplex } from 'node:stream'
import { AddressShares } from '../limits/address-shares.ts'

/** Each holds little, but anybody may open one. */
const MAX_SOCKETS = 1_000

/** More than the longest token and all else that a client sends with it. */
const MAX_BYTES = 32 * 1024

/**
 * The WebSockets that are not authenticated yet. If there are too many, the oldest is closed for the next.
 */
export class UnauthenticatedSockets {
  readonly #shares = new AddressShares()
  readonly #max: number

  constructor(max = MAX_SOCKETS) {
    this.#max = max
  }

  /**
   * Closes the connection of a client that sends more than authentication needs, whether messages or pings.
   * Call the returned function when the client is authenticated, and when it is gone.
   */
  add(stream: Duplex, { address, cutOff }: { address: string; cutOff: () => void }): () => void {
    let bytes = 0
    const count = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MAX_BYTES) cutOff()
    }
    // The bytes are counted before the library sees them.
    stream.prependListener('data', count)
    if (this.#shares.size >= this.#max) this.#shares.giveWay()
    const leave = this.#shares.add(address, cutOff)
    return () => {
      leave()
      stream.removeListener('data', count)
    }
  }
}
