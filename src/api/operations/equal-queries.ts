import type { ExecutionResult } from 'graphql'
import { SharedResult } from '../execution/shared-result.ts'

/** One caller's place among equal queries. */
export interface SharedPlace {
  /** Aborts when the place of another caller has the answer for all. */
  answered: AbortSignal
  /**
   * Executes the query once its turn has come, and gives the answer to all who wait for it. The holder of the
   * turn must not pass it on before this settles, since the next turn may belong to an equal query.
   */
  run(execute: () => Promise<ExecutionResult>): Promise<ExecutionResult>
}

/** Made once: an error takes as long to make as a few rows to read. */
const ANSWERED = new Error('An equal query was answered meanwhile.')

/**
 * Equal queries that are under way at once.
 * 1. While they wait, each caller has a place of its own in the queue. So nobody waits for another caller's
 *    turn.
 * 2. A query that arrives after one of them has begun waits for that one.
 * 3. The first answer without errors is given to all, and the other places are freed.
 * 4. A caller who is refused a place (RATE_LIMITED) waits for those of the others.
 */
export class EqualQueries {
  readonly #answered = new AbortController()
  readonly #first = Promise.withResolvers<SharedResult>()
  #answer: SharedResult | null = null
  /** The query of each caller that waits or runs. */
  readonly #places = new Map<string, Promise<ExecutionResult>>()
  #begun: Promise<ExecutionResult> | null = null

  /** Whether a query that arrives now would find nothing to join. */
  get isOver(): boolean {
    return this.#answer !== null || this.#places.size === 0
  }

  /**
   * Resolves with the first answer that any caller gets. If there is none, it settles as `run` does, which
   * executes the query in a place of this caller.
   */
  async execute(
    caller: string,
    run: (place: SharedPlace) => Promise<ExecutionResult>,
  ): Promise<ExecutionResult> {
    const joined = this.#begun ?? this.#places.get(caller)
    if (joined) {
      await hasSettled(joined)
      // If it failed, or was given up together with the first caller, this query needs a place of its own.
      if (this.#answer) return this.#answer
    }
    const { promise: place, resolve } = Promise.withResolvers<ExecutionResult>()
    this.#places.set(caller, place)
    const runInTurn: SharedPlace['run'] = (execute) => {
      this.#begun ??= place
      return this.#share(execute)
    }
    resolve(run({ answered: this.#answered.signal, run: runInTurn }))
    try {
      // A query that runs in a thread may take a while to end after it was given up.
      const result = await Promise.race([place, this.#first.promise])
      return isRefused(result) ? ((await this.#answerOfOthers(place)) ?? result) : result
    } finally {
      if (this.#places.get(caller) === place) this.#places.delete(caller)
      if (this.#begun === place) this.#begun = null
    }
  }

  async #share(execute: () => Promise<ExecutionResult>): Promise<ExecutionResult> {
    const result = await execute()
    if (result.errors) return result
    const answer = result instanceof SharedResult ? result : new SharedResult(result)
    if (!this.#answer) {
      this.#answer = answer
      this.#first.resolve(answer)
      this.#answered.abort(ANSWERED)
    }
    return answer
  }

  async #answerOfOthers(own: Promise<ExecutionResult>): Promise<SharedResult | null> {
    const others = [...this.#places.values()].filter((place) => place !== own)
    await Promise.race([this.#first.promise, Promise.all(others.map(hasSettled))])
    return this.#answer
  }
}

async function hasSettled(place: Promise<ExecutionResult>): Promise<void> {
  await place.catch(() => undefined)
}

function isRefused({ errors }: ExecutionResult): boolean {
  return errors?.[0]?.extensions.code === 'RATE_LIMITED'
}
