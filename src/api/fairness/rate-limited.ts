import { GraphQLError } from 'graphql'

/** Whose bound was reached: the caller's own, or that of all callers together. */
export type Bound = 'caller' | 'all'

/**
 * Refuses an operation for now.
 *
 * @param problem what is too much, as the beginning of a sentence
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
