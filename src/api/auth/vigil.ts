import type { Clock } from '../../base/clock.ts'
import type { Closable } from '../../base/close.ts'
import { messageOf } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { TokenStore } from '../../store/token-store.ts'
import type { Admission } from './admission.ts'
import type { Refusal } from './refusal.ts'

/** How soon those whose token was revoked, by another process, are sent away. */
const LOOK_EVERY_MS = 200

interface Watched {
  readonly admission: Admission
  readonly onEnd: (refusal: Refusal) => void
}

/** Keeps an eye on those who stay: their admissions end when the token is revoked, or expires. */
export class Vigil implements Closable {
  readonly #tokens: TokenStore
  readonly #clock: Clock
  readonly #log: Logger
  readonly #watched = new Set<Watched>()
  #stopTimer: (() => void) | undefined
  #isClosed = false
  /** The failure that the log has already: it is met five times a second. */
  #told: string | null = null

  constructor({ tokens, clock, log }: { tokens: TokenStore; clock: Clock; log: Logger }) {
    this.#tokens = tokens
    this.#clock = clock
    this.#log = log
  }

  /** Calls back once, when it has ended; not before it returns. The returned function may be called at any time. */
  watch(admission: Admission, onEnd: (refusal: Refusal) => void): () => void {
    if (admission.tokenId === null && admission.expiresAt === null) return () => undefined
    const watched = { admission, onEnd }
    this.#watched.add(watched)
    this.#lookLater()
    return () => this.#watched.delete(watched)
  }

  /** Why an admission holds no longer; null while it does. Rejects where the database cannot be read. */
  async endOf(admission: Admission): Promise<Refusal | null> {
    return this.#judge(admission, await this.#liveAmong([admission]))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#stopTimer?.()
    this.#watched.clear()
  }

  #lookLater(): void {
    if (this.#stopTimer !== undefined || this.#isClosed || this.#watched.size === 0) return
    this.#stopTimer = this.#clock.after(LOOK_EVERY_MS, () => {
      void this.#look().finally(() => {
        this.#stopTimer = undefined
        this.#lookLater()
      })
    })
  }

  async #look(): Promise<void> {
    const watched = [...this.#watched]
    try {
      const live = await this.#liveAmong(watched.map(({ admission }) => admission))
      for (const each of watched) {
        const refusal = this.#judge(each.admission, live)
        if (refusal !== null && this.#watched.delete(each)) each.onEnd(refusal)
      }
      this.#told = null
    } catch (failure) {
      // Nothing can be read for anybody then. They are not sent away for what is not their fault.
      const message = messageOf(failure)
      if (message !== this.#told)
        this.#log.error({ err: failure }, `API tokens could not be looked up: ${message}`)
      this.#told = message
    }
  }

  async #liveAmong(admissions: readonly Admission[]): Promise<Set<number>> {
    const ids = new Set(admissions.flatMap(({ tokenId }) => tokenId ?? []))
    return ids.size === 0 ? ids : await this.#tokens.live([...ids])
  }

  #judge({ tokenId, expiresAt }: Admission, live: ReadonlySet<number>): Refusal | null {
    if (expiresAt !== null && this.#clock.now() >= expiresAt) {
      return { reason: 'EXPIRED', message: 'The token has expired.' }
    }
    if (tokenId !== null && !live.has(tokenId))
      return { reason: 'REVOKED', message: 'The token was revoked.' }
    return null
  }
}
