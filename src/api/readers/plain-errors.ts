import { GraphQLError, type Source } from 'graphql'
import { type ErrorCode, RollcallError } from '../../base/errors.ts'

/** A GraphQLError in a form that can be sent to another thread. */
export interface PlainError {
  message: string
  path: readonly (string | number)[] | undefined
  positions: readonly number[] | undefined
  extensions: Readonly<Record<string, unknown>>
  /** The value that a resolver threw; null if GraphQL itself reports the error. */
  cause: PlainCause | null
}

interface PlainCause {
  /** The code of a RollcallError; null for any other error. */
  code: ErrorCode | null
  publicMessage: string | undefined
  name: string
  message: string
  stack: string | undefined
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
        : toPlainCause(originalError),
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
    ...(cause && { originalError: fromPlainCause(cause) }),
  })
}

function toPlainCause(thrown: Error): PlainCause {
  const { name, message, stack } = thrown
  const { code = null, publicMessage } = thrown instanceof RollcallError ? thrown : {}
  return { code, publicMessage, name, message, stack }
}

function fromPlainCause({ code, publicMessage, name, message, stack }: PlainCause): Error {
  if (code !== null)
    return new RollcallError(code, message, publicMessage === undefined ? {} : { publicMessage })
  return Object.assign(new Error(message), { name, ...(stack !== undefined && { stack }) })
}
