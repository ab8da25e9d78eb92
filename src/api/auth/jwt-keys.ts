import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import type { Clock } from '../../base/clock.ts'
import { messageOf, RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { JwtConfig } from '../../config/schema.ts'

const FETCH_TIMEOUT_MS = 5_000
const MAX_BYTES = 1024 * 1024

/** A key that is withdrawn is good for no longer than this, */
const REFRESH_AFTER_MS = 10 * 60_000
/** but while the keys cannot be fetched, those that are known are good for this long. */
const GOOD_FOR_MS = 60 * 60_000
/** A key that is not known may be a new one; who makes keys up has them fetched no more often than this. */
const UNKNOWN_KEY_COOL_DOWN_MS = 30_000
const FAILURE_COOL_DOWN_MS = 5_000

/** That the keys could not be had: which says nothing of the token that they were wanted for. */
export class KeysUnavailable extends Error {}

/**
 * The keys that sign JWTs. What it returns rejects with `KeysUnavailable` where they cannot be fetched.
 *
 * @throws RollcallError CONFIG_INVALID where a file holds none
 */
export function jwtKeys(keys: JwtConfig['keys'], options: { clock: Clock; log: Logger }): JWTVerifyGetKey {
  if ('url' in keys) {
    const remote = new RemoteKeys(keys.url, options)
    return (header, token) => remote.find(header, token)
  }
  try {
    return createLocalJWKSet(keys.set)
  } catch (failure) {
    const problem = messageOf(failure)
    throw new RollcallError('CONFIG_INVALID', `"auth.jwt.jwksFile" names no set of keys (${problem}).`)
  }
}

/** Keys that are fetched when they are first wanted, and again from time to time. */
class RemoteKeys {
  readonly #url: string
  readonly #clock: Clock
  readonly #log: Logger
  #known: JWTVerifyGetKey | null = null
  #fetchedAt = Number.NEGATIVE_INFINITY
  #failure: { error: KeysUnavailable; at: number } | null = null
  #fetching: Promise<void> | undefined

  constructor(url: string, { clock, log }: { clock: Clock; log: Logger }) {
    this.#url = url
    this.#clock = clock
    this.#log = log
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#known === null || this.#age > GOOD_FOR_MS) await this.#fetch()
    else if (this.#age > REFRESH_AFTER_MS) this.#fetchAhead()
    try {
      return await this.#among(header, token)
    } catch (failure) {
      const mayBeNew = failure instanceof errors.JWKSNoMatchingKey && this.#age > UNKNOWN_KEY_COOL_DOWN_MS
      if (!mayBeNew) throw failure
      await this.#fetch()
      return await this.#among(header, token)
    }
  }

  get #age(): number {
    return this.#clock.elapsed() - this.#fetchedAt
  }

  /** Of the last fetch, where that is not to be tried again yet. */
  get #freshFailure(): KeysUnavailable | null {
    const failure = this.#failure
    return failure !== null && this.#clock.elapsed() - failure.at < FAILURE_COOL_DOWN_MS
      ? failure.error
      : null
  }

  async #among(...[header, token]: Parameters<JWTVerifyGetKey>) {
    if (this.#known === null) throw new KeysUnavailable('The keys that sign JWTs are not known.')
    return await this.#known(header, token)
  }

  /** One at a time, and not at once again where the last one failed: all who ask meanwhile are given the same failure. */
  #fetch(): Promise<void> {
    const failure = this.#freshFailure
    if (failure !== null) return Promise.reject(failure)
    this.#fetching ??= this.#fetchOnce().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  /** Nobody waits for it, so that only the log tells where it fails. */
  #fetchAhead(): void {
    if (this.#fetching !== undefined || this.#freshFailure !== null) return
    this.#fetch().catch((failure: unknown) => this.#log.error({ err: failure }, messageOf(failure)))
  }

  async #fetchOnce(): Promise<void> {
    try {
      this.#known = await fetchKeys(this.#url)
      this.#fetchedAt = this.#clock.elapsed()
    } catch (cause) {
      const message = `the keys that sign JWTs cannot be fetched from ${this.#url}: ${messageOf(cause)}`
      const error = new KeysUnavailable(message, { cause })
      this.#failure = { error, at: this.#clock.elapsed() }
      throw error
    }
  }
}

async function fetchKeys(url: string): Promise<JWTVerifyGetKey> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    // Elsewhere it need not be encrypted, nor be the issuer's.
    redirect: 'manual',
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  })
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_BYTES) throw new Error(`the answer is larger than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  if (response.status !== 200) throw new Error(`the server answered with ${response.status}`)
  return createLocalJWKSet(JSON.parse(Buffer.concat(chunks).toString()))
}
