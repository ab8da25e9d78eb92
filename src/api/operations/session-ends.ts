import { isThenable } from '@pothos/core'
import type { ExecutionArgs, GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { withCleanUp } from '../../base/with-clean-up.ts'
import { type AuthFailure, authFailureError, authFailureHead } from '../auth/auth-result.ts'
import type { AuthenticatedSession } from '../auth/authenticated-session.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import type { Deadline } from '../limits/deadline.ts'
import { isQuery } from '../limits/operation-limits.ts'

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

interface SessionContext {
  session: AuthenticatedSession
  deadline: Deadline
}

/**
 * Aborts a query soon after its session has ended, whether it runs, waits for its turn, or waits for the
 * answer to an equal query. A mutation continues, since aborting it would not undo it.
 */
export function queriesWithinSessions(authenticator: Authenticator): Plugin {
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const operation: ExecutionArgs = args
      if (!isQuery(operation)) return
      const { session, deadline } = operation.contextValue as SessionContext
      setExecuteFn((executed) => {
        const result = executeFn(executed)
        if (!isThenable(result)) return result
        const stop = authenticator.watch(session, (failure) => deadline.giveUp(errorOf(failure)))
        return Promise.resolve(result).finally(stop)
      })
    },
  }
}

/** Returns the error with the status that HTTP answers a request without authentication with. */
function errorOf(failure: AuthFailure): GraphQLError {
  const error = authFailureError(failure)
  Object.assign(error.extensions, { http: authFailureHead(failure) })
  return error
}
