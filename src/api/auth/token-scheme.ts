import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { isTokenSecret, tokenHash } from '../../base/token-secret.ts'
import type { TokenRow, TokenStore } from '../../store/token-store.ts'
import { type AuthScheme, INVALID_TOKEN } from './auth-result.ts'

const NOTE_EVERY_MS = 60_000

/**
 * Accepts API tokens of Rollcall. Each use reads the database, so that a revoked token is refused at once.
 */
export function tokenScheme(options: { tokens: TokenStore; clock: Clock; log: Logger }): AuthScheme {
  const uses = new TokenUses(options)
  return async (secret) => {
    if (!isTokenSecret(secret)) return INVALID_TOKEN
    const row = await options.tokens.byHash(tokenHash(secret))
    if (row === null) return INVALID_TOKEN
    const { id, name, role, revokedAt } = row
    if (revokedAt !== null) return { failure: { reason: 'REVOKED', message: 'The token was revoked.' } }
    uses.note(row)
    return { session: { viewer: { name, role }, tokenId: id, expiresAt: null } }
  }
}

/** Records when tokens were last used. A failed or slow write affects no request. */
class TokenUses {
  readonly #tokens: TokenStore
  readonly #clock: Clock
  readonly #log: Logger
  /** The time of the last attempt to record it, by the token's id. */
  readonly #noted = new Map<number, number>()

  constructor({ tokens, clock, log }: { tokens: TokenStore; clock: Clock; log: Logger }) {
    this.#tokens = tokens
    this.#clock = clock
    this.#log = log
  }

  note({ id, name, lastUsedAt }: TokenRow): void {
    const now = this.#clock.now()
    const before = Math.max(lastUsedAt ?? 0, this.#noted.get(id) ?? 0)
    // A time in the future was recorded before the clock was set back.
    if (Math.abs(now - before) < NOTE_EVERY_MS) return
    this.#noted.set(id, now)
    this.#tokens.noteUse(id, now).catch((failure: unknown) => {
      this.#log.warn(
        { event: 'token.use_not_written', name },
        `the last use of an API token could not be written: ${messageOf(failure)}`,
      )
    })
  }
}
