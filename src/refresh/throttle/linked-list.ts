/** A node of a list. */
export interface LinkedNode<T> {
  readonly value: T
  next: LinkedNode<T> | null
  previous: LinkedNode<T> | null
}

/**
 * A doubly linked list: appending and removing any node take constant time. A Set would be simpler, but
 * finding its first member is slow once thousands before it were deleted.
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

  /** Removes a node of this list. Call it at most once for each node. */
  remove({ previous, next }: LinkedNode<T>): void {
    if (previous) previous.next = next
    else this.#first = next
    if (next) next.previous = previous
    else this.#last = previous
    this.#length -= 1
  }

  /** Yields the nodes in order. The current node may be removed before the next is requested. */
  *nodes(): Generator<LinkedNode<T>> {
    for (let node = this.#first; node; node = node.next) yield node
  }
}
