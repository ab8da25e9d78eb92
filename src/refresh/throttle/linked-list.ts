/** A place in a list. */
export interface LinkedNode<T> {
  readonly value: T
  next: LinkedNode<T> | null
  previous: LinkedNode<T> | null
}

/**
 * A list that grows at its end and gives up any of its nodes, both in constant time. A Set would do, but its
 * first member is slow to find once thousands before it were deleted.
 */
export class LinkedList<T> {
  #first: LinkedNode<T> | null = null
  #last: LinkedNode<T> | null = null
  #length = 0

  get first(): T | undefined {
    return this.#first?.value
  }

  get length(): number {
    return this.#length
  }

  push(value: T): LinkedNode<T> {
    const node: LinkedNode<T> = { value, next: null, previous: this.#last }
    if (this.#last) this.#last.next = node
    else this.#first = node
    this.#last = node
    this.#length += 1
    return node
  }

  /** Removes the first value and returns it. */
  shift(): T | undefined {
    const node = this.#first
    if (node) this.remove(node)
    return node?.value
  }

  /** Takes out a node of this list, once. */
  remove({ previous, next }: LinkedNode<T>): void {
    if (previous) previous.next = next
    else this.#first = next
    if (next) next.previous = previous
    else this.#last = previous
    this.#length -= 1
  }

  /** The nodes in order; the one just given may be removed before the next is asked for. */
  *nodes(): Generator<LinkedNode<T>> {
    for (let node = this.#first; node; node = node.next) yield node
  }
}
