import { RollcallError } from '../base/errors.ts'

/**
 * The events of a subscription. They end when the consumer does, also while the generator waits: `return()` aborts
 * the signal that it waits with. (The `return()` of a plain async generator is queued behind the pending `next()`,
 * so that a client who is gone would be waited for.) Where `closing` aborts first they end with an error that
 * says so, since a client must be able to tell that from the end of what it follows.
 */
export function subscriptionEvents<T>(
  closing: AbortSignal,
  generate: (signal: AbortSignal) => AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  const consumer = new AbortController()
  const generator = untilClosing(closing, generate(AbortSignal.any([closing, consumer.signal])))
  return {
    next: () => generator.next(),
    return: () => {
      consumer.abort()
      return generator.return()
    },
    throw: (thrown) => {
      consumer.abort()
      return generator.throw(thrown)
    },
    [Symbol.asyncIterator]() {
      return this
    },
    async [Symbol.asyncDispose]() {
      await this.return()
    },
  }
}

async function* untilClosing<T>(
  closing: AbortSignal,
  events: AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  yield* events
  if (closing.aborted) {
    throw new RollcallError('CONFLICT', 'Rollcall is stopping; subscribe again once it runs.')
  }
}
