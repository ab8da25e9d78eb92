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
