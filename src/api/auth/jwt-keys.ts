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
  #failedAt = Number.NEGATIVE_INFINITY
  #fetching: Promise<void> | undefined

  constructor(url: string, { clock, log }: { clock: Clock; log: Logger }) {
    this.#url = url
    this.#clock = clock
    this.#log = log
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#known === null || this.#age > GOOD_FOR_MS) await this.#fetch()
    // Nobody waits for it, and the log has it where it fails.
    else if (this.#age > REFRESH_AFTER_MS) this.#fetch().catch(() => undefined)
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
    return this.#clock.now() - this.#fetchedAt
  }

  async #among(...[header, token]: Parameters<JWTVerifyGetKey>) {
    if (this.#known === null) throw new KeysUnavailable('The keys that sign JWTs are not known.')
    return await this.#known(header, token)
  }

  /** One at a time, and not at once again where the last one failed. */
  #fetch(): Promise<void> {
    if (this.#clock.now() - this.#failedAt < FAILURE_COOL_DOWN_MS) {
      return Promise.reject(new KeysUnavailable('The keys that sign JWTs could not be fetched a moment ago.'))
    }
    this.#fetching ??= this.#fetchOnce().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #fetchOnce(): Promise<void> {
    try {
      this.#known = await fetchKeys(this.#url)
      this.#fetchedAt = this.#clock.now()
    } catch (failure) {
      this.#failedAt = this.#clock.now()
      const message = `the keys that sign JWTs cannot be fetched: ${messageOf(failure)}`
      this.#log.error({ err: failure, url: this.#url }, message)
      throw new KeysUnavailable('The keys that sign JWTs cannot be fetched.', { cause: failure })
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
