import { type ErrorCode, RollcallError } from './errors.ts'

/** An error in a form that can be sent to another thread, which keeps no classes. */
export interface PlainFailure {
  /** The code of a RollcallError; null for any other error. */
  code: ErrorCode | null
  publicMessage: string | undefined
  name: string
  message: string
  stack: string | undefined
}

/** Returns what was thrown without its cause. */
export function toPlainFailure(thrown: unknown): PlainFailure {
  const { name, message, stack } = thrown instanceof Error ? thrown : new Error(String(thrown))
  const { code = null, publicMessage } = thrown instanceof RollcallError ? thrown : {}
  return { code, publicMessage, name, message, stack }
}

/** Restores the error: a RollcallError, or one with the same name, message and stack. */
export function fromPlainFailure({ code, publicMessage, name, message, stack }: PlainFailure): Error {
  if (code !== null)
    return new RollcallError(code, message, publicMessage === undefined ? {} : { publicMessage })
  return Object.assign(new Error(message), { name, ...(stack !== undefined && { stack }) })
}
