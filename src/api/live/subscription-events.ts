import { type GraphQLResolveInfo, locatedError } from 'graphql'
import { RollcallError } from '../../base/errors.ts'

/**
 * The events of a subscription. They end when the consumer does, also while the generator waits: `return()` aborts
 * the signal that it waits with. (The `return()` of a plain async generator is queued behind the pending `next()`,
 * so that a client who is gone would be waited for.) The signal aborts with `closing` as well, and with its reason.
 * What the generator throws is told as an error of the operation.
 */
export function subscriptionEvents<T>(
  closing: AbortSignal,
  { operation }: Pick<GraphQLResolveInfo, 'operation'>,
  generate: (signal: AbortSignal) => AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  const over = new AbortController()
  const generator = generate(over.signal)
  const onClosing = () => over.abort(closing.reason)
  const stopListening = () => closing.removeEventListener('abort', onClosing)
  return {
    async next() {
      // Not before: a subscription that is never begun is never ended either. Not AbortSignal.any: its signals are slow.
      if (closing.aborted) onClosing()
      else closing.addEventListener('abort', onClosing)
      try {
        const step = await generator.next()
        if (step.done) stopListening()
        return step
      } catch (failure) {
        stopListening()
        throw locatedError(failure, [operation])
      }
    },
    return: () => {
      stopListening()
      over.abort()
      return generator.return()
    },
    throw: (thrown) => {
      stopListening()
      over.abort()
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
