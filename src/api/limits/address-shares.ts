import { networkOf } from './network-of.ts'

/**
 * Things that anybody may open, such as connections that have asked for nothing yet. If there is no room for another, the
 * oldest one of the address that has the most gives way, so that nobody can fill all places for everybody.
 */
export class AddressShares {
  /** What closes each thing, by its network; the oldest first. */
  readonly #byNetwork = new Map<string, Set<() => void>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** `close` is called if it has to give way. The returned function, which may be called twice, takes it out. */
  add(address: string, close: () => void): () => void {
    const network = networkOf(address)
    const own = this.#byNetwork.get(network) ?? new Set()
    const entry = () => close()
    this.#byNetwork.set(network, own.add(entry))
    this.#size += 1
    return () => this.#remove(network, entry)
  }

  /** Closes the oldest one of the address that has the most. Returns false if there is none. */
  giveWay(): boolean {
    let most: [string, Set<() => void>] | undefined
    for (const each of this.#byNetwork) if (each[1].size > (most?.[1].size ?? 0)) most = each
    const [oldest] = most?.[1] ?? []
    if (most === undefined || oldest === undefined) return false
    this.#remove(most[0], oldest)
    oldest()
    return true
  }

  #remove(network: string, entry: () => void): void {
    const own = this.#byNetwork.get(network)
    if (!own?.delete(entry)) return
    this.#size -= 1
    if (own.size === 0) this.#byNetwork.delete(network)
  }
}
