import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Clock } from '../../base/clock.ts'
import type { Closable } from '../../base/close.ts'
import { messageOf } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { AuthConfig } from '../../config/schema.ts'
import type { RateStore } from '../../store/rate-store.ts'
import type { TokenStore } from '../../store/token-store.ts'
import { networkOf } from '../limits/address-shares.ts'
import type { ClientFault, ClientFaults } from '../limits/client-faults.ts'
import type { AuthFailure, AuthResult, AuthScheme } from './auth-result.ts'
import { ANONYMOUS, type AuthenticatedSession } from './authenticated-session.ts'
import { jwtScheme } from './jwt-scheme.ts'
import { RevocationWatcher } from './revocation-watcher.ts'
import { tokenScheme } from './token-scheme.ts'

/** RFC 6750 section 2.1. The length limit of Node.js for headers applies to WebSockets as well. */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]{1,16000}=*) *$/i

const MISSING: AuthResult = {
  failure: {
    reason: 'MISSING',
    message: 'Authentication is required: send "Authorization: Bearer TOKEN".',
  },
}

const RETRY_UNAVAILABLE_AFTER_MS = 5_000

const WRONG_TOKEN: ClientFault = { event: 'token.refused', message: 'a wrong token was refused' }

/** Authenticates callers by their bearer token and reports when a session ends. */
export class Authenticator implements Closable {
  readonly #scheme: AuthScheme | null
  readonly #log: Logger
  readonly #clientFaults: ClientFaults
  readonly #revocations: RevocationWatcher
  readonly #failed: FailedAttempts
  /** The id under which each error was logged: many requests may meet the same error. */
  readonly #logged = new WeakMap<object, string>()

  /**
   * @param options.rates counts wrong tokens for all processes of a database; null if there is only one
   * @throws RollcallError CONFIG_INVALID if the configured keys are not a key set
   */
  constructor(
    config: AuthConfig,
    options: {
      tokens: TokenStore
      rates: RateStore | null
      clock: Clock
      clientFaults: ClientFaults
      log: Logger
    },
  ) {
    this.#log = options.log
    this.#failed = new FailedAttempts(options.rates)
    this.#clientFaults = options.clientFaults
    this.#revocations = new RevocationWatcher(options)
    this.#scheme = schemeOf(config, options)
  }

  /**
   * Checks an `Authorization` header. A valid token is accepted even from an address that has sent too many
   * wrong ones: behind a proxy all clients share one address, and nobody guesses a token.
   */
  async authenticate(authorization: unknown, address: string): Promise<AuthResult> {
    const scheme = this.#scheme
    if (scheme === null) return { session: ANONYMOUS }
    const token = typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined
    if (token === undefined) return MISSING
    const result = await this.#check(() => scheme(token))
    if ('session' in result || result.failure.reason !== 'INVALID') return result
    const retryAfterMs = await this.#failed.add(address)
    if (retryAfterMs > 0) {
      const message = 'Too many wrong tokens came from your address; try again later.'
      return { failure: { reason: 'TOO_MANY', message, retryAfterMs } }
    }
    this.#clientFaults.note(address, WRONG_TOKEN, result.failure.message)
    return result
  }

  /** Returns why a session has ended; null while it is valid. */
  async endOf(session: AuthenticatedSession): Promise<AuthFailure | null> {
    const result = await this.#check(async () => {
      const failure = await this.#revocations.endOf(session)
      return failure === null ? { session } : { failure }
    })
    return 'failure' in result ? result.failure : null
  }

  /** Calls `onEnd` once, soon after the session has ended. The returned function stops watching. */
  watch(session: AuthenticatedSession, onEnd: (failure: AuthFailure) => void): () => void {
    return this.#revocations.watch(session, onEnd)
  }

  async close(): Promise<void> {
    await this.#revocations.close()
  }

  /** Turns an error into UNAVAILABLE: a database or key server that fails is not the client's fault. */
  async #check(check: () => Promise<AuthResult>): Promise<AuthResult> {
    try {
      return await check()
    } catch (error) {
      const errorId = this.#logOnce(error as Error)
      const message = `Tokens cannot be checked at present; the log has more under ${errorId}.`
      return {
        failure: { reason: 'UNAVAILABLE', message, errorId, retryAfterMs: RETRY_UNAVAILABLE_AFTER_MS },
      }
    }
  }

  #logOnce(error: Error): string {
    const known = this.#logged.get(error)
    if (known !== undefined) return known
    const errorId = randomUUID()
    this.#logged.set(error, errorId)
    this.#log.error(
      { event: 'token.not_checked', err: error, errorId },
      `a token could not be checked: ${messageOf(error)}`,
    )
    return errorId
  }
}

function schemeOf(
  config: AuthConfig,
  options: { tokens: TokenStore; clock: Clock; log: Logger },
): AuthScheme | null {
  switch (config.mode) {
    case 'none':
      return null
    case 'tokens':
      return tokenScheme(options)
    case 'jwt':
      return jwtScheme(config, options)
  }
}

/** Wrong tokens that one address may send in a minute. */
const ATTEMPTS = 20
const WINDOW_MS = 60_000

/** The number of counters, which bounds the memory and the rows. Addresses may share one. */
const COUNTERS = 16_384

/** Counts the wrong tokens of each address over a minute, which begins with the first of them. */
export class FailedAttempts {
  readonly #shared: Pick<RateStore, 'add'> | null
  readonly #limiter = new RateLimiterMemory({ points: ATTEMPTS, duration: WINDOW_MS / 1_000 })
  // Without it, an attacker could choose an address that shares a counter with a victim.
  readonly #salt: Buffer

  /**
   * @param shared counts for all processes of a database; null if there is only one. All processes must
   * choose the same counters, so there is no salt then. Who shares a counter only has wrong tokens refused
   * in another way.
   */
  constructor(shared: Pick<RateStore, 'add'> | null) {
    this.#shared = shared
    this.#salt = shared === null ? randomBytes(16) : Buffer.alloc(0)
  }

  /**
   * Counts one. Resolves with the milliseconds until the address may try again; 0 if it is within the limit.
   */
  async add(address: string): Promise<number> {
    const counter = this.#counterOf(address)
    const { consumedPoints, msBeforeNext } = await this.#limiter.penalty(counter)
    // An address that this process refuses by itself costs the database nothing more.
    if (consumedPoints > ATTEMPTS) return msBeforeNext
    // Without the database, this process counts alone.
    const counted = await this.#shared?.add(`wrong tokens ${counter}`, 1, WINDOW_MS).catch(() => null)
    return counted && counted.points > ATTEMPTS ? counted.leftMs : 0
  }

  #counterOf(address: string): number {
    const digest = createHash('sha256').update(this.#salt).update(networkOf(address)).digest()
    return digest.readUInt16BE() % COUNTERS
  }
}
