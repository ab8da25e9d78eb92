/** The kind of a failure. Code branches on it, not on the message, which is for a person and may change. */
export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'USAGE'
  | 'CONFIG_INVALID'
  | 'SOURCE_FAILED'
  | 'DATABASE_FAILED'
  | 'DATABASE_IN_USE'
  | 'DATABASE_TOO_NEW'
  | 'DATABASE_UNAVAILABLE'
  | 'ENGINE_UNAVAILABLE'
  | 'ADDRESS_IN_USE'
  | 'SIMULATOR_FAILED'

/**
 * A failure that a person can correct. Its message says in one sentence what to change. It never holds a
 * secret, so it may be printed and sent to a client. Everything else that is thrown is a bug.
 */
export class RollcallError extends Error {
  override readonly name = 'RollcallError'
  readonly code: ErrorCode
  /** The message for users of the API: it names no paths of this machine. */
  readonly publicMessage: string

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; publicMessage?: string } = {}) {
    super(message, options)
    this.code = code
    this.publicMessage = options.publicMessage ?? message
  }
}

/** Returns the message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** Returns the `code` of a Node.js system error (`ENOENT`, `EADDRINUSE`); undefined if there is none. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}
