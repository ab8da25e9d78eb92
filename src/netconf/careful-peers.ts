const MAX_KEPT = 10_000

/**
 * The peers that get one message at a time, since a message that was sent early ended their connection. It
 * remembers software by its identification if that is known to dislike it, and single devices otherwise. The
 * oldest entry is dropped first.
 */
export class CarefulPeers {
  readonly #software = new Set<string>()
  readonly #devices = new Set<string>()

  /** @param identification the SSH identification line of the peer */
  has(device: { host: string; port: number }, identification: string): boolean {
    return this.#devices.has(keyOf(device)) || this.#software.has(identification)
  }

  addDevice(device: { host: string; port: number }): void {
    add(this.#devices, keyOf(device))
  }

  addSoftware(identification: string): void {
    add(this.#software, identification)
  }
}

function keyOf({ host, port }: { host: string; port: number }): string {
  return `${host} ${port}`
}

function add(entries: Set<string>, entry: string): void {
  const [oldest] = entries
  if (entries.size >= MAX_KEPT && oldest !== undefined) entries.delete(oldest)
  entries.add(entry)
}
