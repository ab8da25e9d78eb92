import { randomUUID } from 'node:crypto'
import { GraphQLError } from 'graphql'
import { type ErrorCode, RollcallError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'

/** The codes of our own errors that a client may see under the same name. */
const PUBLIC_CODES: ReadonlySet<ErrorCode> = new Set(['BAD_USER_INPUT', 'NOT_FOUND', 'CONFLICT'])

/**
 * What a client sees of an error. Errors of the request and our own public ones keep their message and get their
 * `extensions.code`; of any other the client learns only an id, under which the log has the rest.
 */
export function maskError(error: unknown, log: Logger): Error {
  const graphqlError = error instanceof GraphQLError ? error : undefined
  const cause = graphqlError?.originalError ?? (graphqlError ? undefined : error)
  if (graphqlError && (cause === undefined || cause instanceof GraphQLError)) return withCode(graphqlError)
  const options = { nodes: graphqlError?.nodes, path: graphqlError?.path, positions: graphqlError?.positions }
  if (cause instanceof RollcallError && PUBLIC_CODES.has(cause.code)) {
    return new GraphQLError(cause.message, { ...options, extensions: { code: cause.code } })
  }
  const errorId = randomUUID()
  log.error({ err: cause, errorId, path: graphqlError?.path }, 'a request failed')
  return new GraphQLError(`Something went wrong inside Rollcall; its log has more under ${errorId}.`, {
    ...options,
    extensions: { code: 'INTERNAL_SERVER_ERROR', errorId },
  })
}

/**
 * Errors of the request itself (its syntax, its form, what validation finds) have no code, or one of the server
 * library's: to a client they are all BAD_USER_INPUT.
 */
export function withCode(error: GraphQLError): GraphQLError {
  const { code, http } = error.extensions
  return new GraphQLError(error.message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    path: error.path,
    extensions: {
      code: (PUBLIC_CODES as ReadonlySet<unknown>).has(code) ? code : 'BAD_USER_INPUT',
      // What the server library answers the HTTP request with; it takes it out again.
      ...(http === undefined ? {} : { http }),
    },
  })
}
