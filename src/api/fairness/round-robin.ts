/** A queue of items with a caller each. Callers take turns; the items of one caller keep their order. */
export class RoundRobin<T> {
  /** The items by caller, in the order of the callers' turns. No list is empty. */
  readonly #waiting = new Map<string, T[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  sizeOf(caller: string): number {
    return this.#waiting.get(caller)?.length ?? 0
  }

  push(caller: string, item: T): void {
    const items = this.#waiting.get(caller)
    if (items) items.push(item)
    else this.#waiting.set(caller, [item])
    this.#size += 1
  }

  /** Removes and returns the next item. Its caller then becomes the last in turn. */
  shift(): T | undefined {
    for (const [caller, items] of this.#waiting) {
      this.#waiting.delete(caller)
      const item = items.shift()
      if (items.length > 0) this.#waiting.set(caller, items)
      this.#size -= 1
      return item
    }
    return undefined
  }

  /** Removes an item. Returns false if it was not waiting any more. */
  remove(caller: string, item: T): boolean {
    const items = this.#waiting.get(caller)
    const index = items?.indexOf(item) ?? -1
    if (!items || index < 0) return false
    items.splice(index, 1)
    if (items.length === 0) this.#waiting.delete(caller)
    this.#size -= 1
    return true
  }
}
