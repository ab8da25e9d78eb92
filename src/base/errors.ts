/** What went wrong, for code to branch on; the message is for a person and may change. */
export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'USAGE'
  | 'CONFIG_INVALID'
  | 'SOURCE_FAILED'
  | 'DATABASE_FAILED'
  | 'DATABASE_TOO_NEW'
  | 'DATABASE_UNAVAILABLE'
  | 'ADDRESS_IN_USE'
  | 'SIMULATOR_FAILED'

/**
 * A failure that a person can do something about. Its message is one sentence that tells what to change and
 * never holds a secret; it is safe to print and to send to a client. Everything else that is thrown is a bug.
 */
export class RollcallError extends Error {
  override readonly name = 'RollcallError'
  readonly code: ErrorCode
  /** The message for those who use the API: without the paths of this machine. */
  readonly publicMessage: string

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; publicMessage?: string } = {}) {
    super(message, options)
    this.code = code
    this.publicMessage = options.publicMessage ?? message
  }
}

/** The text of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** The `code` of a Node.js system error (`ENOENT`, `EADDRINUSE`), undefined where it has none. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}
