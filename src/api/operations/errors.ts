import { randomUUID } from 'node:crypto'
import { GraphQLError } from 'graphql'
import { type ErrorCode, RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'

/** The codes of our own errors that clients see, by the internal code. */
const PUBLIC_CODES: ReadonlyMap<ErrorCode, string> = new Map([
  ['BAD_USER_INPUT', 'BAD_USER_INPUT'],
  ['FORBIDDEN', 'FORBIDDEN'],
  ['NOT_FOUND', 'NOT_FOUND'],
  ['CONFLICT', 'CONFLICT'],
  // The request cannot be fulfilled at present.
  ['SOURCE_FAILED', 'CONFLICT'],
  ['DATABASE_UNAVAILABLE', 'UNAVAILABLE'],
  ['ENGINE_UNAVAILABLE', 'UNAVAILABLE'],
])
const SEEN_CODES: ReadonlySet<unknown> = new Set([
  ...PUBLIC_CODES.values(),
  'PERSISTED_QUERY_NOT_FOUND',
  'QUERY_TOO_COMPLEX',
  'RATE_LIMITED',
  'UNAUTHENTICATED',
])

const INTERNAL = 'INTERNAL_SERVER_ERROR'

const MAX_MESSAGE = 1_000

/**
 * Returns what a client may see of an error. Errors of the request and our own public ones keep their message
 * and get an `extensions.code`. Of any other error the client sees an id, and the log has the rest under it.
 */
export function maskError(error: unknown, log: Logger): Error {
  const graphqlError = error instanceof GraphQLError ? error : undefined
  const cause = graphqlError?.originalError ?? (graphqlError ? undefined : error)
  if (graphqlError && (cause === undefined || cause instanceof GraphQLError)) return withCode(graphqlError)
  const options = {
    nodes: graphqlError?.nodes,
    source: graphqlError?.source,
    path: graphqlError?.path,
    positions: graphqlError?.positions,
  }
  const code = cause instanceof RollcallError ? PUBLIC_CODES.get(cause.code) : undefined
  if (cause instanceof RollcallError && code !== undefined) {
    const { publicMessage } = cause
    const message = code === 'UNAVAILABLE' ? `${publicMessage} Try again later.` : publicMessage
    return new GraphQLError(shortened(message), { ...options, extensions: { code } })
  }
  const errorId = randomUUID()
  log.error({ event: 'request.failed', err: cause, errorId, path: graphqlError?.path }, 'a request failed')
  return new GraphQLError(`Rollcall failed with an internal error; its log has more under ${errorId}.`, {
    ...options,
    extensions: { code: INTERNAL, errorId },
  })
}

/**
 * Adds a code to an error of the request, such as one of syntax or validation. These have no code, or one of
 * the server library's. Clients see BAD_USER_INPUT.
 */
export function withCode(error: GraphQLError): GraphQLError {
  const { code, http, cost, retryAfterMs } = error.extensions
  return new GraphQLError(shortened(error.message), {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    path: error.path,
    extensions: {
      code: SEEN_CODES.has(code) ? code : 'BAD_USER_INPUT',
      ...(cost === undefined ? {} : { cost }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      // The server library uses it for the HTTP response and removes it.
      ...(http === undefined ? {} : { http }),
    },
  })
}

/** Returns the code that clients see of an error, masked or not yet. */
export function codeOf({ originalError, extensions: { code } }: GraphQLError): string {
  if (originalError === undefined || originalError instanceof GraphQLError) {
    if (code === INTERNAL) return INTERNAL
    return typeof code === 'string' && SEEN_CODES.has(code) ? code : 'BAD_USER_INPUT'
  }
  return (originalError instanceof RollcallError && PUBLIC_CODES.get(originalError.code)) || INTERNAL
}

/** Shortens a message. It may quote a value that is as large as the request. */
function shortened(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE)}…`
}

/** Makes an error about the request itself, with the status and headers of the HTTP response. */
export function requestError(
  message: string,
  {
    status = 400,
    code = 'BAD_USER_INPUT',
    headers = {},
  }: { status?: number; code?: string; headers?: Readonly<Record<string, string>> } = {},
): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status, headers } } })
}
