import { GraphQLError } from 'graphql'
import { withCleanUp } from '../../base/with-clean-up.ts'
import { ANONYMOUS } from '../auth/authenticated-session.ts'

/** Each holds some kilobytes. */
const MAX_SUBSCRIPTIONS = 10_000

/** Of one caller: enough for a team that shares a token, and not all that there are. */
const MAX_OF_CALLER = 2_000

/** How many subscriptions there are, whichever way they came. */
export class SubscriptionCount {
  readonly #max: number
  readonly #maxOfCaller: number
  #open = 0
  /** By the caller's name. */
  readonly #openOf = new Map<string, number>()

  constructor({ max = MAX_SUBSCRIPTIONS, maxOfCaller = MAX_OF_CALLER } = {}) {
    this.#max = max
    this.#maxOfCaller = maxOfCaller
  }

  get open(): number {
    return this.#open
  }

  /**
   * Where nobody is asked who they are, all have one name, and only the total counts.
   *
   * @throws GraphQLError RATE_LIMITED where there are as many as there may be
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
