import type { Clock } from '../../base/clock.ts'
import type { Closable } from '../../base/close.ts'
import { messageOf } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { TokenStore } from '../../store/token-store.ts'
import type { AuthFailure } from './auth-result.ts'
import type { AuthenticatedSession } from './authenticated-session.ts'

/**
 * How often open sessions are checked. Another process revokes tokens, so only a look at the database tells.
 */
const CHECK_EVERY_MS = 200

interface WatchedSession {
  readonly session: AuthenticatedSession
  readonly onEnd: (failure: AuthFailure) => void
}

/** Watches open sessions and reports those whose token was revoked or has expired. */
export class RevocationWatcher implements Closable {
  readonly #tokens: TokenStore
  readonly #clock: Clock
  readonly #log: Logger
  readonly #watched = new Set<WatchedSession>()
  #stopTimer: (() => void) | undefined
  #isClosed = false
  /** The error that was logged last: the same one would come five times a second. */
  #loggedError: string | null = null

  constructor({ tokens, clock, log }: { tokens: TokenStore; clock: Clock; log: Logger }) {
    this.#tokens = tokens
    this.#clock = clock
    this.#log = log
  }

  /**
   * Calls `onEnd` once, after this has returned, when the session ends. The returned function stops watching.
   */
  watch(session: AuthenticatedSession, onEnd: (failure: AuthFailure) => void): () => void {
    if (session.tokenId === null && session.expiresAt === null) return () => undefined
    const watched = { session, onEnd }
    this.#watched.add(watched)
    this.#scheduleCheck()
    return () => this.#watched.delete(watched)
  }

  /** Returns why the session has ended; null while it is valid. Rejects if the database cannot be read. */
  async endOf(session: AuthenticatedSession): Promise<AuthFailure | null> {
    return this.#failureOf(session, await this.#liveTokens([session]))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopTimer?.()
    this.#watched.clear()
  }

  #scheduleCheck(): void {
    if (this.#stopTimer !== undefined || this.#isClosed || this.#watched.size === 0) return
    this.#stopTimer = this.#clock.after(CHECK_EVERY_MS, () => {
      void this.#checkAll().finally(() => {
        this.#stopTimer = undefined
        this.#scheduleCheck()
      })
    })
  }

  async #checkAll(): Promise<void> {
    const watched = [...this.#watched]
    try {
      const live = await this.#liveTokens(watched.map(({ session }) => session))
      for (const each of watched) {
        const failure = this.#failureOf(each.session, live)
        if (failure !== null && this.#watched.delete(each)) each.onEnd(failure)
      }
      this.#loggedError = null
    } catch (error) {
      // Sessions stay open: a database that cannot be read is not the client's fault.
      const message = messageOf(error)
      if (message !== this.#loggedError)
        this.#log.error(
          { event: 'tokens.unreadable', err: error },
          `API tokens could not be looked up: ${message}`,
        )
      this.#loggedError = message
    }
  }

  /** The ids of the sessions' tokens that are not revoked. */
  async #liveTokens(sessions: readonly AuthenticatedSession[]): Promise<Set<number>> {
    const ids = new Set(sessions.flatMap(({ tokenId }) => tokenId ?? []))
    return ids.size === 0 ? ids : await this.#tokens.live([...ids])
  }

  #failureOf(
    { tokenId, expiresAt }: AuthenticatedSession,
    liveTokens: ReadonlySet<number>,
  ): AuthFailure | null {
    if (expiresAt !== null && this.#clock.now() >= expiresAt) {
      return { reason: 'EXPIRED', message: 'The token has expired.' }
    }
    if (tokenId !== null && !liveTokens.has(tokenId))
      return { reason: 'REVOKED', message: 'The token was revoked.' }
    return null
  }
}
