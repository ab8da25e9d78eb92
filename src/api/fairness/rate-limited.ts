import { GraphQLError } from 'graphql'

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
