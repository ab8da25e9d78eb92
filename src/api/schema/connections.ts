import { completeValue, type MaybePromise } from '@pothos/core'
import { RollcallError } from '../../base/errors.ts'
import { type Page, type PageRequest, sizeOf } from '../../store/query/page.ts'
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../limits/field-costs.ts'

/**
 * Checks the connection arguments of a client. Without `first` and `last`, the page is the first 100.
 *
 * @throws RollcallError BAD_USER_INPUT for a size above 1,000 or below 0, and if both are given
 */
export function pageRequest(args: PageRequest): PageRequest {
  const { first, last, after, before } = args
  for (const [name, size] of Object.entries({ first, last })) {
    if (size == null || size <= MAX_PAGE_SIZE) continue
    throw new RollcallError(
      'BAD_USER_INPUT',
      `\`${name}\` is ${size}, and a page has at most ${MAX_PAGE_SIZE} items; use pages and cursors.`,
    )
  }
  const request = { first: first ?? (last == null ? DEFAULT_PAGE_SIZE : undefined), last, after, before }
  sizeOf(request)
  return request
}

/** The functions that read the parts of a Relay connection. */
interface ConnectionSource<T> {
  fetchPage: () => MaybePromise<Page<T>>
  countAll: () => MaybePromise<number>
}

/** An object on a page. A query that selects only `nodes` reads them from here, and no cursor. */
class Edge<T> {
  readonly node: T
  readonly #index: number
  readonly #page: Page<T>

  constructor(node: T, index: number, page: Page<T>) {
    this.node = node
    this.#index = index
    this.#page = page
  }

  get cursor(): string {
    return this.#page.cursors[this.#index] ?? ''
  }
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
    return completeValue(this.#read(), (page) => page.items.map((node, index) => new Edge(node, index, page)))
  }

  get pageInfo() {
    return this.#read()
  }

  countAll(): MaybePromise<number> {
    return this.#source.countAll()
  }

  #read(): MaybePromise<Page<T>> {
    this.#page ??= this.#source.fetchPage()
    return this.#page
  }
}
