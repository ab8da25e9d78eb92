import type { ExecutionArgs, GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { type AuthFailure, authFailureError, authFailureHead } from '../auth/auth-result.ts'
import type { AuthenticatedSession } from '../auth/authenticated-session.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import type { Deadline } from '../limits/deadline.ts'
import { isQuery } from '../limits/operation-limits.ts'

interface SessionContext {
  session: AuthenticatedSession
  deadline: Deadline
}

/**
 * Gives a query up soon after its session has ended, whether it waits for its turn, runs, or waits for the answer of an
 * equal one. A mutation goes on, since giving it up would not undo it.
 */
export function queriesOfSessions(authenticator: Authenticator): Plugin {
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const operation: ExecutionArgs = args
      if (!isQuery(operation)) return
      const { session, deadline } = operation.contextValue as SessionContext
      setExecuteFn(async (executed) => {
        const stop = authenticator.watch(session, (failure) => deadline.giveUp(errorOf(failure)))
        try {
          return await executeFn(executed)
        } finally {
          stop()
        }
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
