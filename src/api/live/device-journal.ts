/** Remembers in which order devices changed. Changes are numbered 1, 2, 3 … */
export class DeviceJournal {
  /** Sorted by change. If a device changed again, its earlier entries are ignored. */
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
    // Keeps the journal shorter than twice the number of its devices, however often they change.
    if (this.#entries.length > 2 * this.#lastChange.size) {
      this.#entries = this.#entries.filter((entry) => this.#isLast(entry))
    }
  }

  /**
   * Returns the first devices, at most `limit`, that changed after a change, each once, and the last change
   * that they cover.
   */
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

  /** Returns the index of the first entry after a change. */
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
