import { tooComplex } from './too-complex.ts'

/**
 * The time that a query may take. The database is read without giving timers a turn, so the time is also looked at each
 * time that something is to be read: beyond it, nothing is.
 */
export class Deadline {
  readonly #over = new AbortController()
  #limitMs = Number.POSITIVE_INFINITY
  #endsAt = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #client: AbortSignal | undefined

  /** Aborts once the time is over or the client is gone. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  /**
   * Without it there is no end.
   *
   * @param client aborts where nobody waits for the answer any more
   * @param arrivedAt when the time began, by `performance.now()`; default: now
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

  /** @throws GraphQLError QUERY_TOO_COMPLEX */
  check(): void {
    if (performance.now() >= this.#endsAt) this.#end()
    this.#over.signal.throwIfAborted()
  }

  readonly #end = (): void => {
    this.#over.abort(
      tooComplex(
        `The query has taken longer than ${this.#limitMs / 1000} s and was given up; ask for less at once, in pages.`,
      ),
    )
  }
}
