import { randomUUID } from 'node:crypto'
import { GraphQLError } from 'graphql'
import { type ErrorCode, RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'

/** Our own errors that a client may see, with the codes that it sees them under. */
const PUBLIC_CODES: ReadonlyMap<ErrorCode, string> = new Map([
  ['BAD_USER_INPUT', 'BAD_USER_INPUT'],
  ['FORBIDDEN', 'FORBIDDEN'],
  ['NOT_FOUND', 'NOT_FOUND'],
  ['CONFLICT', 'CONFLICT'],
  // What was asked for cannot be done as things stand.
  ['SOURCE_FAILED', 'CONFLICT'],
  ['DATABASE_UNAVAILABLE', 'UNAVAILABLE'],
])
const SEEN_CODES: ReadonlySet<unknown> = new Set([
  ...PUBLIC_CODES.values(),
  'PERSISTED_QUERY_NOT_FOUND',
  'QUERY_TOO_COMPLEX',
  'RATE_LIMITED',
])

const MAX_MESSAGE = 1_000

/**
 * What a client sees of an error. Errors of the request and our own public ones keep their message and get their
 * `extensions.code`; of any other the client learns only an id, under which the log has the rest.
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
      // What the server library answers the HTTP request with; it takes it out again.
      ...(http === undefined ? {} : { http }),
    },
  })
}

/** What is wrong with a value is told with the value, which may be as large as the request. */
function shortened(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE)}…`
}

/** What is wrong with a request itself, and the status, 400 unless said otherwise, and headers that HTTP answers it with. */
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
