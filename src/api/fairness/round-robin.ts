/** Items that wait, each for a caller. Callers take turns, and the items of one caller come in their order. */
export class RoundRobin<T> {
  /** In the order of their turns; none is empty. */
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

  /** Takes out the next item; its caller is the last in turn from then on. */
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

  /** Returns whether the item was still waiting. */
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
