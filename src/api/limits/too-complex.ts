import { GraphQLError } from 'graphql'

/** An operation's cost as clients are told it. */
export interface ToldCost {
  requested: number
  limit: number
}

const CODE = 'QUERY_TOO_COMPLEX'

/** Refuses a request with status 400. The message says what was asked for, what may be, and what to change. */
export function tooComplex(message: string, cost?: ToldCost): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: CODE, ...(cost && { cost }), http: { status: 400 } },
  })
}

export function isTooComplex(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError && error.extensions.code === CODE
}
