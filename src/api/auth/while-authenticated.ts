import { withCleanUp } from '../../base/with-clean-up.ts'
import { type AuthFailure, authFailureError } from './auth-result.ts'

/**
 * Passes the results of a subscription on until its session ends. Then a last result with the auth failure
 * follows at once, and the subscription is over. `watch` is called with the first request for a result.
 */
export function whileAuthenticated<R>(
  results: AsyncIterable<R>,
  watch: (onEnd: (failure: AuthFailure) => void) => () => void,
): AsyncGenerator<unknown, void> {
  const iterator = results[Symbol.asyncIterator]()
  let stopWatching: (() => void) | undefined
  let failure: AuthFailure | undefined
  let isOver = false
  let interrupt = () => {}

  const finish = () => {
    isOver = true
    stopWatching?.()
    interrupt = () => {}
  }
  const fail = (why: AuthFailure): IteratorResult<unknown, unknown> => {
    finish()
    // Nobody waits for the result that the iterator may still produce.
    iterator.return?.().catch(() => undefined)
    return { done: false, value: { errors: [authFailureError(why)] } }
  }
  return withCleanUp(iterator, {
    next() {
      stopWatching ??= watch((why) => {
        failure = why
        interrupt()
      })
      if (isOver) return Promise.resolve({ done: true, value: undefined })
      if (failure) return Promise.resolve(fail(failure))
      return new Promise((resolve, reject) => {
        interrupt = () => {
          if (failure) resolve(fail(failure))
        }
        iterator.next().then((step) => {
          // A failure from here on is reported by the next call.
          interrupt = () => {}
          resolve(step)
        }, reject)
      })
    },
    cleanUp: finish,
  })
}
