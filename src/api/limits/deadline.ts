import type { GraphQLError } from 'graphql'
import { tooComplex } from './limit-errors.ts'

/**
 * The time limit of a query. Reads of the database block the event loop, so a timer alone would come too
 * late: `check` is called before each read as well.
 */
export class Deadline {
  readonly #over = new AbortController()
  #limitMs = Number.POSITIVE_INFINITY
  #endsAt = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #client: AbortSignal | undefined

  /** Aborts when the time is over, the client has gone, or the query was given up. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  /**
   * Starts the clock; before that, there is no limit.
   *
   * @param client aborts when nobody waits for the answer any more
   * @param arrivedAt the start of the time by `performance.now()`; default: now
   */
  start(limitMs: number, client: AbortSignal | undefined, arrivedAt = performance.now()): void {
    this.#limitMs = limitMs
    this.#endsAt = arrivedAt + limitMs
    this.#timer = setTimeout(this.#end, Math.max(0, this.#endsAt - performance.now()))
    this.#client = client
    client?.addEventListener('abort', this.#end)
    if (client?.aborted) this.#end()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#client?.removeEventListener('abort', this.#end)
    this.#endsAt = Number.POSITIVE_INFINITY
  }

  /** Ends the query with this error, before its time is over. */
  giveUp(reason: GraphQLError): void {
    this.#over.abort(reason)
  }

  /** @throws GraphQLError QUERY_TOO_COMPLEX, or that of `giveUp` */
  check(): void {
    if (performance.now() >= this.#endsAt) this.#end()
    this.#over.signal.throwIfAborted()
  }

  readonly #end = (): void => {
    this.#over.abort(
      tooComplex(
        `The query took longer than ${this.#limitMs / 1000} s and was aborted; ask for less at once, in ` +
          'pages.',
      ),
    )
  }
}
