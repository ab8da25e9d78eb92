/** Which devices have changed since when. Numbers are those of changes: 1, 2, 3 … in their order. */
export class DeviceJournal {
  /** In the order of their numbers; of a device that has changed again, the earlier entries say nothing any more. */
  #entries: { change: number; deviceId: number }[] = []
  readonly #lastChange = new Map<number, number>()
  #head = 0

  /** The number of the last change; 0 before the first. */
  get head(): number {
    return this.#head
  }

  record(deviceIds: readonly number[]): void {
    for (const deviceId of deviceIds) {
      this.#head += 1
      this.#entries.push({ change: this.#head, deviceId })
      this.#lastChange.set(deviceId, this.#head)
    }
    // However often its devices change, the journal is no longer than twice their number.
    if (this.#entries.length > 2 * this.#lastChange.size) {
      this.#entries = this.#entries.filter((entry) => this.#isLast(entry))
    }
  }

  /** The first devices, at most `limit`, that have changed after a change, each once, and which change that leads up to. */
  since(change: number, limit: number): { deviceIds: number[]; upTo: number } {
    const deviceIds: number[] = []
    for (let index = this.#indexAfter(change); index < this.#entries.length; index += 1) {
      const entry = this.#entries[index]
      if (!entry || !this.#isLast(entry)) continue
      deviceIds.push(entry.deviceId)
      if (deviceIds.length === limit) return { deviceIds, upTo: entry.change }
    }
    return { deviceIds, upTo: this.#head }
  }

  /** Of the first entry after a change. */
  #indexAfter(change: number): number {
    let [low, high] = [0, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.change ?? 0) <= change) low = middle + 1
      else high = middle
    }
    return low
  }

  #isLast({ change, deviceId }: { change: number; deviceId: number }): boolean {
    return this.#lastChange.get(deviceId) === change
  }
}
