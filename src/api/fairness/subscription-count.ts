import { GraphQLError } from 'graphql'
import { withCleanUp } from '../../base/with-clean-up.ts'
import { ANONYMOUS } from '../auth/authenticated-session.ts'

/** Each subscription takes a few kilobytes. */
const MAX_SUBSCRIPTIONS = 10_000

/** The limit for one caller: enough for a team that shares a token, without taking all places. */
const MAX_OF_CALLER = 2_000

/** Limits the number of open subscriptions, over SSE and WebSocket together. */
export class SubscriptionCount {
  readonly #max: number
  readonly #maxOfCaller: number
  #open = 0
  /** The number by caller. */
  readonly #openOf = new Map<string, number>()

  constructor({ max = MAX_SUBSCRIPTIONS, maxOfCaller = MAX_OF_CALLER } = {}) {
    this.#max = max
    this.#maxOfCaller = maxOfCaller
  }

  get open(): number {
    return this.#open
  }

  /**
   * Checks whether the caller may open another one. If authentication is off, all callers have one name, and
   * only the total counts.
   *
   * @throws GraphQLError RATE_LIMITED if a limit is reached
   */
  check(caller: string): void {
    if (this.#open >= this.#max) {
      throw tooMany(`There are ${this.#open} subscriptions`, 503)
    }
    const open = this.#openOf.get(caller) ?? 0
    if (open >= this.#maxOfCaller && caller !== ANONYMOUS.viewer.name) {
      throw tooMany(`You have ${open} subscriptions`, 429)
    }
  }

  /** The same results, counted as a subscription of the caller until their end. */
  count<T>(results: AsyncIterable<T>, caller: string): AsyncGenerator<T, void> {
    this.#add(caller, 1)
    const iterator = results[Symbol.asyncIterator]()
    return withCleanUp(iterator, {
      next: () => iterator.next(),
      cleanUp: () => this.#add(caller, -1),
    })
  }

  #add(caller: string, change: 1 | -1): void {
    this.#open += change
    const open = (this.#openOf.get(caller) ?? 0) + change
    if (open > 0) this.#openOf.set(caller, open)
    else this.#openOf.delete(caller)
  }
}

function tooMany(howMany: string, status: number): GraphQLError {
  return new GraphQLError(`${howMany}, and no more are allowed; end some that are not needed.`, {
    extensions: { code: 'RATE_LIMITED', http: { status } },
  })
}
