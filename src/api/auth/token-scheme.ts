import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { isTokenSecret, tokenHash } from '../../base/token-secret.ts'
import type { TokenRow, TokenStore } from '../../store/token-store.ts'
import { type AuthScheme, INVALID_TOKEN } from './auth-result.ts'

const NOTE_EVERY_MS = 60_000

/** API tokens of ours. Each is looked up anew every time, so that one that was revoked is good for nothing at once. */
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

/** Writes down when tokens were used last. That it cannot be written keeps nobody waiting or out. */
class TokenUses {
  readonly #tokens: TokenStore
  readonly #clock: Clock
  readonly #log: Logger
  /** When it was last tried to be written, by the token's id. */
  readonly #noted = new Map<number, number>()

  constructor({ tokens, clock, log }: { tokens: TokenStore; clock: Clock; log: Logger }) {
    this.#tokens = tokens
    this.#clock = clock
    this.#log = log
  }

  note({ id, name, lastUsedAt }: TokenRow): void {
    const now = this.#clock.now()
    const before = Math.max(lastUsedAt ?? 0, this.#noted.get(id) ?? 0)
    // What is still to come was noted before the clock was set back.
    if (Math.abs(now - before) < NOTE_EVERY_MS) return
    this.#noted.set(id, now)
    this.#tokens.noteUse(id, now).catch((failure: unknown) => {
      this.#log.warn({ name }, `the last use of an API token could not be written: ${messageOf(failure)}`)
    })
  }
}
