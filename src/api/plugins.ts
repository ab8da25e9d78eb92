import type { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { RateStore } from '../store/rate-store.ts'
import type { Authenticator } from './auth/authenticator.ts'
import type { ThreadTurns } from './fairness/thread-turns.ts'
import { compressedResponses } from './http/compression.ts'
import { conditionalGets } from './http/http-caching.ts'
import { badRequests, readableErrors, responsesInTurns } from './http/response-plugins.ts'
import { serverSentEvents } from './http/server-sent-events.ts'
import type { Limits } from './limits/operation-limits.ts'
import type { Deprecations } from './operations/deprecations.ts'
import { withCode } from './operations/errors.ts'
import { withoutIntrospection } from './operations/introspection.ts'
import { limitedOperations, type SubscriptionCount } from './operations/limited-operations.ts'
import type { OperationMetrics } from './operations/operation-metrics.ts'
import type { PersistedOperations } from './operations/persisted-operations.ts'
import { parsedRequests } from './operations/request-parsing.ts'
import { queriesWithinSessions } from './operations/session-ends.ts'
import type { SharedAnswers } from './operations/shared-answers.ts'
import type { SharedExecution } from './operations/shared-execution.ts'
import { tracedOperations } from './operations/traced-operations.ts'

/**
 * Lists the plugins of the GraphQL server. For each step of an operation the server calls their hooks in this
 * order. A hook that wraps a function (parse, validate, execute, subscribe) must come after the one that sets
 * it.
 */
export function orderedPlugins(options: {
  operations: PersistedOperations
  isTraced: boolean
  introspection: boolean
  deprecations: Deprecations
  metrics: OperationMetrics
  answers: SharedAnswers
  execution: SharedExecution
  authenticator: Authenticator
  limits: Limits & { requestBytes: number }
  deviceCount: () => number
  rates: RateStore | null
  subscriptions: SubscriptionCount
  turns: ThreadTurns
}): object[] {
  const { operations, limits, turns } = options
  return [
    // First, because all others need the operation that it reads. A persisted one is parsed already.
    parsedRequests({ operations, maxBytes: limits.requestBytes, turns }),
    // Before the limits: it replaces the function that validates, and they wrap it.
    ...(options.introspection ? [] : [withoutIntrospection]),
    // Anywhere: it sees the errors once validation has ended.
    codesOfValidation,
    // Before anything that may refuse an operation: it counts those as well.
    options.deprecations.plugin,
    // Before what may answer without executing: it measures those as well.
    options.metrics.plugin,
    // Both set the function that executes, which the limits wrap: a shared answer counts against them, too.
    sharedAnswers(options.answers),
    sharedSubscriptions(options.execution),
    // After what sets the function that executes, which it wraps.
    queriesWithinSessions(options.authenticator),
    // Anywhere: no other plugin sends streams.
    serverSentEvents(options.authenticator),
    // Anywhere: the hook only waits.
    responsesInTurns(turns),
    // Before the errors of HTTP, which are written into the response afterwards, without a tag.
    conditionalGets(),
    readableErrors,
    // After what reads or replaces the bytes of an answer.
    compressedResponses(),
    // Anywhere: it gives a status only to errors that name none.
    badRequests,
    // After those: it wraps what they set.
    limitedOperations(limits, options),
    // After the last, so that its spans include what the others do.
    ...(options.isTraced ? [tracedOperations] : []),
  ]
}

/** Gives the errors of validation our code, over HTTP and WebSocket. */
const codesOfValidation: Plugin = {
  onValidate() {
    return ({ valid, result, setResult }) => {
      if (!valid) setResult([...result].map((error: GraphQLError) => withCode(error)))
    }
  },
}

function sharedAnswers(answers: SharedAnswers): Plugin {
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn((args) => answers.execute(args))
    },
  }
}

/** Executes subscriptions once for all subscribers that ask the same, over HTTP and WebSocket. */
function sharedSubscriptions(execution: SharedExecution): Plugin {
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn((args) => execution.subscribe(args))
    },
  }
}
