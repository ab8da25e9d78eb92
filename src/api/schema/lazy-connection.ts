import { completeValue, type MaybePromise } from '@pothos/core'
import type { Page } from '../../store/query/page.ts'

/** How the parts of a Relay connection are come by. */
interface ConnectionSource<T> {
  fetchPage: () => MaybePromise<Page<T>>
  countAll: () => MaybePromise<number>
}

/**
 * A Relay connection that reads nothing before it is asked for: its page with the first of `edges`, `nodes` and `pageInfo`, its
 * count with `totalCount`. What is wrong with a filter or a cursor is found out then.
 */
export class LazyConnection<T> {
  readonly #source: ConnectionSource<T>
  #page: MaybePromise<Page<T>> | undefined

  constructor(source: ConnectionSource<T>) {
    this.#source = source
  }

  get edges() {
    return completeValue(this.#read(), ({ items, cursors }) =>
      items.map((node, index) => ({ node, cursor: cursors[index] ?? '' })),
    )
  }

  get pageInfo() {
    return completeValue(this.#read(), ({ hasNextPage, hasPreviousPage, cursors }) => ({
      hasNextPage,
      hasPreviousPage,
      startCursor: cursors[0] ?? null,
      endCursor: cursors.at(-1) ?? null,
    }))
  }

  countAll(): MaybePromise<number> {
    return this.#source.countAll()
  }

  #read(): MaybePromise<Page<T>> {
    this.#page ??= this.#source.fetchPage()
    return this.#page
  }
}
