import type { GraphQLError } from 'graphql'
import { abortable } from '../../base/abortable.ts'
import { tooComplex } from './limit-errors.ts'

/**
 * The time limit of a query. Reads of the database block the event loop, so a timer alone would come too
 * late: `check` is called before each read as well.
 */
export class Deadline {
  /** Made when it is first needed. Most answers are there at once and need none. */
  #over: AbortController | undefined
  #limitMs = Number.POSITIVE_INFINITY
  #endsAt = Number.POSITIVE_INFINITY
  #client: AbortSignal | undefined

  /** Aborts when the time is over, the client has gone, or the query was given up. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get #controller(): AbortController {
    this.#over ??= new AbortController()
    return this.#over
  }

  /**
   * Starts the clock, which `check` and `settled` look at; before that, there is no limit.
   *
   * @param client aborts when nobody waits for the answer any more
   * @param arrivedAt the start of the time by `performance.now()`; default: now
   */
  start(limitMs: number, client: AbortSignal | undefined, arrivedAt = performance.now()): void {
    this.#limitMs = limitMs
    this.#endsAt = arrivedAt + limitMs
    this.#client = client
    if (client?.aborted) this.#end()
  }

  stop(): void {
    this.#endsAt = Number.POSITIVE_INFINITY
    this.#client = undefined
  }

  /**
   * Settles as `work` does, or rejects with the reason as soon as the signal aborts. An answer that is there
   * at once needs neither this nor its timer.
   */
  async settled<T>(work: Promise<T>): Promise<T> {
    const client = this.#client
    const timer = setTimeout(this.#end, Math.max(0, this.#endsAt - performance.now()))
    client?.addEventListener('abort', this.#end)
    try {
      return await abortable(work, this.signal)
    } finally {
      clearTimeout(timer)
      client?.removeEventListener('abort', this.#end)
    }
  }

  /** Ends the query with this error, before its time is over. */
  giveUp(reason: GraphQLError): void {
    this.#controller.abort(reason)
  }

  /** @throws GraphQLError QUERY_TOO_COMPLEX, or that of `giveUp` */
  check(): void {
    if (performance.now() >= this.#endsAt || this.#client?.aborted) this.#end()
    this.#over?.signal.throwIfAborted()
  }

  readonly #end = (): void => {
    this.#controller.abort(
      tooComplex(
        `The query took longer than ${this.#limitMs / 1000} s and was aborted; ask for less at once, in ` +
          'pages.',
      ),
    )
  }
}
