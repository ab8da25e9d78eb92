import { GraphQLError } from 'graphql'
import { CloseCode } from 'graphql-ws'
import type { AuthenticatedSession } from './authenticated-session.ts'

/** "Try again later". Clients built on graphql-ws reconnect a few times after this code. */
const TRY_AGAIN_LATER = 1013

const UNAUTHENTICATED = { code: 'UNAUTHENTICATED', status: 401, closeCode: CloseCode.Unauthorized } as const

/**
 * How each failure is reported: GraphQL error code, HTTP status and challenge (RFC 6750), WebSocket close
 * code.
 */
const REPORTS = {
  /** No bearer token was sent. RFC 6750 section 3.1: the challenge then carries no error code. */
  MISSING: { ...UNAUTHENTICATED, challenge: '' },
  INVALID: { ...UNAUTHENTICATED, challenge: 'invalid_token' },
  REVOKED: { ...UNAUTHENTICATED, challenge: 'invalid_token' },
  // The only 401 after which graphql-ws clients reconnect: by then they may have a fresh token.
  EXPIRED: { ...UNAUTHENTICATED, closeCode: CloseCode.Forbidden, challenge: 'invalid_token' },
  NO_ROLE: { ...UNAUTHENTICATED, code: 'FORBIDDEN', status: 403, challenge: 'insufficient_scope' },
  TOO_MANY: { code: 'RATE_LIMITED', status: 429, closeCode: TRY_AGAIN_LATER, challenge: null },
  /** The token could not be checked. It may be valid, so the client must keep it. */
  UNAVAILABLE: { code: 'UNAVAILABLE', status: 503, closeCode: TRY_AGAIN_LATER, challenge: null },
} as const

/** The reason why a caller is not authenticated, or no longer is. */
export interface AuthFailure {
  readonly reason: keyof typeof REPORTS
  /**
   * A text for a person, without any part of the token. At most 123 bytes: the limit of a WebSocket close
   * reason.
   */
  readonly message: string
  /** Set if trying again after this time may help. */
  readonly retryAfterMs?: number
  /** The id under which the log has the cause. */
  readonly errorId?: string
}

/** The outcome of checking a bearer token. */
export type AuthResult = { session: AuthenticatedSession } | { failure: AuthFailure }

/** A way to check bearer tokens. Rejects if tokens cannot be checked at present. */
export type AuthScheme = (token: string) => Promise<AuthResult>

export const INVALID_TOKEN: AuthResult = {
  failure: { reason: 'INVALID', message: 'The token is not one that Rollcall accepts.' },
}

export function authFailureError({ reason, message, errorId }: AuthFailure): GraphQLError {
  const extensions = { code: REPORTS[reason].code, ...(errorId !== undefined && { errorId }) }
  return new GraphQLError(message, { extensions })
}

/** The status and the headers of the HTTP response. */
export function authFailureHead({ reason, retryAfterMs }: AuthFailure): {
  status: number
  headers: Record<string, string>
} {
  const { status, challenge } = REPORTS[reason]
  const headers: Record<string, string> = { 'cache-control': 'no-store' }
  if (challenge !== null) {
    headers['www-authenticate'] = `Bearer realm="rollcall"${challenge === '' ? '' : `, error="${challenge}"`}`
  }
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(retryAfterMs / 1_000))
  return { status, headers }
}

/** The close frame of the WebSocket. */
export function authFailureClose({ reason, message }: AuthFailure): { code: number; reason: string } {
  return { code: REPORTS[reason].closeCode, reason: message }
}
