import { completeValue, type MaybePromise } from '@pothos/core'
import type { Page } from '../../store/query/page.ts'

/** The functions that read the parts of a Relay connection. */
interface ConnectionSource<T> {
  fetchPage: () => MaybePromise<Page<T>>
  countAll: () => MaybePromise<number>
}

/**
 * A Relay connection that reads only what the query selects: the page for `edges`, `nodes` and `pageInfo`,
 * and the count for `totalCount`. Errors in a filter or a cursor are reported at that time.
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
