import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Closable } from '../../base/close.ts'
import { messageOf } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { AuthConfig } from '../../config/schema.ts'
import type { TokenStore } from '../../store/token-store.ts'
import type { ClientFaults } from '../limits/client-faults.ts'
import { type Admission, ANONYMOUS } from './admission.ts'
import { FailedAttempts } from './failed-attempts.ts'
import { jwtScheme } from './jwt-scheme.ts'
import type { Refusal } from './refusal.ts'
import type { Admittance, Scheme } from './scheme.ts'
import { tokenScheme } from './token-scheme.ts'
import { Vigil } from './vigil.ts'

/** RFC 6750 section 2.1; as long as Node.js lets headers be, whichever way it came. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]{1,16000}=*) *$/i

const MISSING: Admittance = {
  refusal: {
    reason: 'MISSING',
    message: 'Authentication is required: send "Authorization: Bearer TOKEN".',
  },
}

const RETRY_UNAVAILABLE_AFTER_MS = 5_000

/** Tells who somebody is by what they send, and when they no longer are. */
export class Authenticator implements Closable {
  readonly #scheme: Scheme | null
  readonly #log: Logger
  readonly #clientFaults: ClientFaults
  readonly #vigil: Vigil
  readonly #failed = new FailedAttempts()
  /** What the log has already, and under which id: one failure may be met by every request for a while. */
  readonly #logged = new WeakMap<object, string>()

  /** @throws RollcallError CONFIG_INVALID where the configured keys are none */
  constructor(
    config: AuthConfig,
    options: { tokens: TokenStore; clock: Clock; clientFaults: ClientFaults; log: Logger },
  ) {
    this.#log = options.log
    this.#clientFaults = options.clientFaults
    this.#vigil = new Vigil(options)
    this.#scheme = schemeOf(config, options)
  }

  /**
   * Whoever sends this as `Authorization`. A good token is good also from an address that has sent too many wrong ones:
   * behind a proxy all share one, and nobody guesses a token.
   */
  async admit(authorization: unknown, address: string): Promise<Admittance> {
    const scheme = this.#scheme
    if (scheme === null) return { admission: ANONYMOUS }
    const token = typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined
    if (token === undefined) return MISSING
    const admittance = await this.#ask(() => scheme(token))
    if ('admission' in admittance || admittance.refusal.reason !== 'INVALID') return admittance
    const retryAfterMs = await this.#failed.add(address)
    if (retryAfterMs > 0) {
      const message = 'Too many wrong tokens came from your address; try again later.'
      return { refusal: { reason: 'TOO_MANY', message, retryAfterMs } }
    }
    this.#clientFaults.note(address, 'a wrong token was refused', admittance.refusal.message)
    return admittance
  }

  /** Why somebody who was let in is not any longer; null while they are. */
  async endOf(admission: Admission): Promise<Refusal | null> {
    const asked = await this.#ask(async () => {
      const refusal = await this.#vigil.endOf(admission)
      return refusal === null ? { admission } : { refusal }
    })
    return 'refusal' in asked ? asked.refusal : null
  }

  /** Calls back once, soon after somebody who was let in is not any longer; the returned function ends it. */
  watch(admission: Admission, onEnd: (refusal: Refusal) => void): () => void {
    return this.#vigil.watch(admission, onEnd)
  }

  async close(): Promise<void> {
    await this.#vigil.close()
  }

  /** What cannot be told at present, for want of the database or of keys, is not held against the client. */
  async #ask(question: () => Promise<Admittance>): Promise<Admittance> {
    try {
      return await question()
    } catch (failure) {
      const errorId = this.#logOnce(failure as Error)
      const message = `Tokens cannot be checked at present; the log has more under ${errorId}.`
      return {
        refusal: { reason: 'UNAVAILABLE', message, errorId, retryAfterMs: RETRY_UNAVAILABLE_AFTER_MS },
      }
    }
  }

  #logOnce(failure: Error): string {
    const known = this.#logged.get(failure)
    if (known !== undefined) return known
    const errorId = randomUUID()
    this.#logged.set(failure, errorId)
    this.#log.error({ err: failure, errorId }, `a token could not be checked: ${messageOf(failure)}`)
    return errorId
  }
}

function schemeOf(
  config: AuthConfig,
  options: { tokens: TokenStore; clock: Clock; log: Logger },
): Scheme | null {
  switch (config.mode) {
    case 'none':
      return null
    case 'tokens':
      return tokenScheme(options)
    case 'jwt':
      return jwtScheme(config, options)
  }
}
