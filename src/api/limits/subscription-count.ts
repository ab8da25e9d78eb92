import { GraphQLError } from 'graphql'

/** Each holds some kilobytes. */
const MAX_SUBSCRIPTIONS = 10_000

/** How many subscriptions there are, whichever way they came. */
export class SubscriptionCount {
  readonly #max: number
  #open = 0

  constructor(max = MAX_SUBSCRIPTIONS) {
    this.#max = max
  }

  get open(): number {
    return this.#open
  }

  /** @throws GraphQLError RATE_LIMITED where there are as many as there may be */
  check(): void {
    if (this.#open < this.#max) return
    throw new GraphQLError(
      `There are ${this.#open} subscriptions, and no more are allowed; end some that are not needed.`,
      { extensions: { code: 'RATE_LIMITED', http: { status: 503 } } },
    )
  }

  /** The same results, counted as a subscription until their end. */
  count<T>(results: AsyncIterable<T>): AsyncGenerator<T, void> {
    this.#open += 1
    let isOpen = true
    const end = () => {
      if (isOpen) this.#open -= 1
      isOpen = false
    }
    const iterator = results[Symbol.asyncIterator]()
    return {
      async next() {
        try {
          const step = await iterator.next()
          if (step.done) end()
          return step
        } catch (failure) {
          end()
          throw failure
        }
      },
      async return() {
        end()
        await iterator.return?.()
        return { done: true, value: undefined }
      },
      async throw(thrown) {
        end()
        await iterator.return?.()
        throw thrown
      },
      [Symbol.asyncIterator]() {
        return this
      },
      async [Symbol.asyncDispose]() {
        await this.return()
      },
    }
  }
}
