import { type GraphQLResolveInfo, locatedError } from 'graphql'
import { RollcallError } from '../../base/errors.ts'
import { withCleanUp } from '../../base/with-clean-up.ts'

/**
 * Returns the events of a subscription. They end as soon as the consumer ends, also while the generator
 * waits, because `return()` aborts the signal that it waits with. (A plain async generator queues `return()`
 * behind the pending `next()`, so it would wait for a client that is gone.) The signal also aborts with
 * `closing`, and with its reason. The client gets what the generator throws as an error of the operation.
 */
export function subscriptionEvents<T>(
  closing: AbortSignal,
  { operation }: Pick<GraphQLResolveInfo, 'operation'>,
  generate: (signal: AbortSignal) => AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  const over = new AbortController()
  const generator = generate(over.signal)
  const onClosing = () => over.abort(closing.reason)
  return withCleanUp(generator, {
    async next() {
      // Not earlier, since nothing ends a subscription that never begins. `AbortSignal.any` would be slow.
      if (closing.aborted) onClosing()
      else closing.addEventListener('abort', onClosing)
      try {
        return await generator.next()
      } catch (failure) {
        throw locatedError(failure, [operation])
      }
    },
    cleanUp() {
      closing.removeEventListener('abort', onClosing)
      over.abort()
    },
  })
}

/**
 * Ends a generator of events whose signal aborted early. Throws the reason if the server closes, so that a
 * client can tell that from the end of what it follows.
 */
export function endEarly({ reason }: AbortSignal): void {
  if (reason instanceof RollcallError) throw reason
}
