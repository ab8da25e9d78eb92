import { isIPv6 } from 'node:net'

/**
 * Things that anybody may open, such as connections without a request. If there is no room for another one,
 * the oldest of the address that has the most is closed. So no single address can take all the places.
 */
export class AddressShares {
  /** The functions that close the things, by network, oldest first. */
  readonly #byNetwork = new Map<string, Set<() => void>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /**
   * Adds a thing. `close` is called to make room for another one. The returned function removes it; calling
   * it twice is safe.
   */
  add(address: string, close: () => void): () => void {
    const network = networkOf(address)
    const own = this.#byNetwork.get(network) ?? new Set()
    const entry = () => close()
    this.#byNetwork.set(network, own.add(entry))
    this.#size += 1
    return () => this.#remove(network, entry)
  }

  /** Closes the oldest one of the address that has the most. Returns false if there is none. */
  closeOldest(): boolean {
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

/**
 * Returns what counts as one client: an IPv4 address, or the /64 of an IPv6 address, which has one holder.
 */
export function networkOf(address: string): string {
  if (!address.includes(':') || !isIPv6(address) || address.startsWith('::ffff:')) return address
  const [head = '', tail = ''] = address.split('::')
  const groups = head.split(':')
  const missing = address.includes('::') ? 8 - groups.length - tail.split(':').length : 0
  return [...groups, ...Array<string>(missing).fill('0'), ...tail.split(':')].slice(0, 4).join(':')
}
