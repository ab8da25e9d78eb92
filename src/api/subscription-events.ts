import { RollcallError } from '../base/errors.ts'

/**
 * The events of a subscription. They end when the consumer does, also while the generator waits: `return()` aborts
 * the signal that it waits with. (The `return()` of a plain async generator is queued behind the pending `next()`,
 * so that a client who is gone would be waited for.) The signal aborts with `closing` as well, and with its reason.
 */
export function subscriptionEvents<T>(
  closing: AbortSignal,
  generate: (signal: AbortSignal) => AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  const consumer = new AbortController()
  const generator = generate(AbortSignal.any([closing, consumer.signal]))
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

/**
 * For a generator of events to call when its signal has aborted before it came to its end. Throws the reason that
 * the server closes for: a client must be able to tell that from the end of what it follows.
 */
export function endEarly({ reason }: AbortSignal): void {
  if (reason instanceof RollcallError) throw reason
}
