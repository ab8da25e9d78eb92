import { GraphQLError } from 'graphql'
import { CloseCode } from 'graphql-ws'

/** Try again later: what clients of graphql-ws do by themselves, a few times. */
const TRY_AGAIN_LATER = 1013

const UNAUTHENTICATED = { code: 'UNAUTHENTICATED', status: 401, closeCode: CloseCode.Unauthorized } as const

/** How each reason is told: to clients of GraphQL, by HTTP's status and challenge (RFC 6750), by WebSocket's close code. */
const TOLD = {
  /** No bearer token was given; a client that gave nothing is told no more than that (RFC 6750 section 3.1). */
  MISSING: { ...UNAUTHENTICATED, challenge: '' },
  INVALID: { ...UNAUTHENTICATED, challenge: 'invalid_token' },
  REVOKED: { ...UNAUTHENTICATED, challenge: 'invalid_token' },
  // The one code of these after which clients of graphql-ws connect again: by then they may have a fresh token.
  EXPIRED: { ...UNAUTHENTICATED, closeCode: CloseCode.Forbidden, challenge: 'invalid_token' },
  NO_ROLE: { ...UNAUTHENTICATED, code: 'FORBIDDEN', status: 403, challenge: 'insufficient_scope' },
  TOO_MANY: { code: 'RATE_LIMITED', status: 429, closeCode: TRY_AGAIN_LATER, challenge: null },
  /** Not the client's fault, whose token may be good: it must not throw it away. */
  UNAVAILABLE: { code: 'UNAVAILABLE', status: 503, closeCode: TRY_AGAIN_LATER, challenge: null },
} as const

/** Why somebody is not let in, or no longer. */
export interface Refusal {
  readonly reason: keyof typeof TOLD
  /** For a person; never with anything of the token. At most the 123 bytes that closing a WebSocket has room for. */
  readonly message: string
  /** Where trying again later may help. */
  readonly retryAfterMs?: number
  /** Where the log has more. */
  readonly errorId?: string
}

export function refusalError({ reason, message, errorId }: Refusal): GraphQLError {
  const extensions = { code: TOLD[reason].code, ...(errorId !== undefined && { errorId }) }
  return new GraphQLError(message, { extensions })
}

/** The status and the headers of the HTTP response. */
export function refusalHead({ reason, retryAfterMs }: Refusal): {
  status: number
  headers: Record<string, string>
} {
  const { status, challenge } = TOLD[reason]
  const headers: Record<string, string> = { 'cache-control': 'no-store' }
  if (challenge !== null) {
    headers['www-authenticate'] = `Bearer realm="rollcall"${challenge === '' ? '' : `, error="${challenge}"`}`
  }
  if (retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(retryAfterMs / 1_000))
  return { status, headers }
}

/** What a WebSocket is closed with. */
export function refusalClose({ reason, message }: Refusal): { code: number; reason: string } {
  return { code: TOLD[reason].closeCode, reason: message }
}
