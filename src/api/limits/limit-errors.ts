import { GraphQLError } from 'graphql'

/** The cost of an operation as reported to clients. */
export interface ReportedCost {
  requested: number
  limit: number
}

const CODE = 'QUERY_TOO_COMPLEX'

/** Returns an error with status 400. The message should give the value, the limit, and what to change. */
export function tooComplex(message: string, cost?: ReportedCost): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: CODE, ...(cost && { cost }), http: { status: 400 } },
  })
}

export function isTooComplex(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError && error.extensions.code === CODE
}

/** The limit that was reached: the caller's own, or the one for all callers together. */
export type Bound = 'caller' | 'all'

/**
 * Returns the error for an operation that is refused for now.
 *
 * @param problem the beginning of a sentence, such as "You have 5 requests waiting"
 */
export function tooMuchUnderWay(problem: string, bound: Bound, retryAfterMs: number): GraphQLError {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
  return new GraphQLError(`${problem}; try again in ${seconds} s.`, {
    extensions: {
      code: 'RATE_LIMITED',
      retryAfterMs: Math.ceil(retryAfterMs),
      http: { status: bound === 'caller' ? 429 : 503, headers: { 'retry-after': String(seconds) } },
    },
  })
}
