import { type ExecutionArgs, type ExecutionResult, GraphQLError, type Source } from 'graphql'
import { fromPlainFailure, type PlainFailure, toPlainFailure } from '../../base/plain-failure.ts'
import type { HoldSettings, RefreshSnapshot } from '../../refresh/refresh-snapshot.ts'
import type { ProcessRow } from '../../store/process-store.ts'
import type { DatabaseAddress } from '../../store/store.ts'
import type { Viewer } from '../auth/authenticated-session.ts'
import { tooComplex } from '../limits/limit-errors.ts'

// The messages between the API's thread and a reader thread. Plain data.

/** The settings of a reader thread for its whole life. */
export interface ReaderSettings extends DatabaseAddress {
  gateway: { version: string; requiredCapabilities: readonly string[] }
}

export interface ReaderData extends ReaderSettings {
  /** Holds one number: the id of the last query that was given up. */
  givenUp: Int32Array<SharedArrayBuffer>
}

/** Asks a reader thread to close its connection and to end. */
export const END = 'end'

/** A query that was validated and admitted. */
export interface ReaderQuery {
  /** Counts the thread's queries, from 1. */
  id: number
  text: string
  operationName: ExecutionArgs['operationName']
  variables: ExecutionArgs['variableValues']
  options: ExecutionArgs['options']
  viewer: Viewer
  holds: HoldSettings
  /** The state of refreshes, which only the API's thread has. */
  refreshes: RefreshSnapshot
  /** The gateway at present. */
  gateway: {
    /** The interval of the schedule. */
    everyMs: number
    startedAt: number
    /** Epoch milliseconds; null if there is no schedule. */
    nextScheduledRefreshAt: number | null
    processes: ProcessRow[]
  }
}

export interface ReaderAnswer {
  id: number
  /** `{"data":…}` of the result; undefined if it has no data. The memory moves to the API's thread. */
  json: Uint8Array<ArrayBuffer> | undefined
  errors: readonly PlainError[]
  /** One sentence about damage that was found in the database; null if there is none. */
  damage: string | null
}

/** A GraphQLError in a form that can be sent to another thread. */
export interface PlainError {
  message: string
  path: readonly (string | number)[] | undefined
  positions: readonly number[] | undefined
  extensions: Readonly<Record<string, unknown>>
  /** The value that a resolver threw; null if GraphQL itself reports the error. */
  cause: PlainFailure | null
}

export function toPlainError(error: GraphQLError): PlainError {
  const { message, path, positions, extensions, originalError } = error
  return {
    message,
    path,
    positions,
    extensions: { ...extensions },
    cause:
      originalError === undefined || originalError instanceof GraphQLError
        ? null
        : toPlainFailure(originalError),
  }
}

/**
 * Restores the error.
 *
 * @param source the text of the operation, which the positions refer to
 */
export function fromPlainError({ cause, ...error }: PlainError, source: Source | undefined): GraphQLError {
  return new GraphQLError(error.message, {
    path: error.path,
    positions: error.positions,
    source,
    extensions: error.extensions,
    ...(cause && { originalError: fromPlainFailure(cause) }),
  })
}

const MIB = 1024 * 1024

/** The limit for an answer. Its bytes stay in memory until the client has read them. */
const MAX_BYTES = 64 * MIB
/**
 * The same for an answer with errors. The API's thread parses it, because errors are masked only there.
 */
const MAX_BYTES_WITH_ERRORS = 4 * MIB

/** An answer as bytes of JSON, and its errors. */
interface WrittenAnswer {
  /** `{"data":…}`; undefined if there is no data. */
  json: Uint8Array<ArrayBuffer> | undefined
  errors: readonly GraphQLError[]
}

/** Encodes a result as JSON. One that is too large becomes an error QUERY_TOO_COMPLEX. */
export function writeAnswer(
  result: ExecutionResult,
  { max = MAX_BYTES, maxWithErrors = MAX_BYTES_WITH_ERRORS } = {},
): WrittenAnswer {
  const { data, errors = [] } = result
  if (data === undefined) return { json: undefined, errors }
  const json = new TextEncoder().encode(JSON.stringify({ data }))
  const limit = errors.length > 0 ? maxWithErrors : max
  if (json.length <= limit) return { json, errors }
  const what = errors.length > 0 ? 'The answer has errors, and' : 'The answer has'
  const problem = `${what} ${inMib(json.length)} MiB, and at most ${inMib(limit)} MiB are allowed`
  return { json: undefined, errors: [tooComplex(`${problem}; ask for less at once, in pages.`)] }
}

function inMib(bytes: number): string {
  return (bytes / MIB).toFixed(1).replace(/\.0$/, '')
}
