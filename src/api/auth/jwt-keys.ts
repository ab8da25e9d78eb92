import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWK,
  type JWTVerifyGetKey,
} from 'jose'
import type { Clock } from '../../base/clock.ts'
import { messageOf, RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { JwtConfig } from '../../config/schema.ts'

const FETCH_TIMEOUT_MS = 5_000
const MAX_BYTES = 1024 * 1024

/** A withdrawn key is accepted for at most this long. */
const REFRESH_AFTER_MS = 10 * 60_000
/** If the keys cannot be fetched, the last ones are used for this long. */
const GOOD_FOR_MS = 60 * 60_000
/** An unknown key may be new. Tokens with made-up keys cause at most one fetch in this time. */
const UNKNOWN_KEY_COOL_DOWN_MS = 30_000
const FAILURE_COOL_DOWN_MS = 5_000

/** An error of the key server. The token may be valid. */
export class KeysUnavailable extends Error {}

/**
 * Returns the keys that JWTs are checked with. The returned function rejects with `KeysUnavailable` if they
 * cannot be fetched.
 *
 * @throws RollcallError CONFIG_INVALID if the configured file is not a key set
 */
export function jwtKeys(keys: JwtConfig['keys'], options: { clock: Clock; log: Logger }): JWTVerifyGetKey {
  return 'url' in keys ? new RemoteKeys(keys.url, options).find : localKeys(keys.set)
}

/**
 * Fetches all keys once, for a person who checks the configuration.
 *
 * @throws RollcallError CONFIG_INVALID if they cannot be fetched, or are not a key set
 */
export async function readKeys(keys: JwtConfig['keys']): Promise<readonly JWK[]> {
  if ('set' in keys) return localKeys(keys.set).jwks().keys
  const remote = remoteKeys(keys.url)
  try {
    await remote.reload()
  } catch (cause) {
    throw new RollcallError('CONFIG_INVALID', unavailable(keys.url, cause), { cause })
  }
  return remote.jwks()?.keys ?? []
}

function localKeys(set: Parameters<typeof createLocalJWKSet>[0]): ReturnType<typeof createLocalJWKSet> {
  try {
    return createLocalJWKSet(set)
  } catch (failure) {
    const problem = messageOf(failure)
    throw new RollcallError('CONFIG_INVALID', `"auth.jwt.jwksFile" names no set of keys (${problem}).`)
  }
}

/** The keys at a URL, which are fetched only by `reload`. */
function remoteKeys(url: string): ReturnType<typeof createRemoteJWKSet> {
  return createRemoteJWKSet(new URL(url), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
    [customFetch]: fetchWithinLimit,
  })
}

function unavailable(url: string, cause: unknown): string {
  return `the keys that sign JWTs cannot be fetched from ${url}: ${messageOf(cause)}`
}

/**
 * The keys at a URL. jose fetches them and keeps the last good ones. When to fetch is decided here, because
 * jose refuses every token once its keys are stale, retries a failed fetch at once, and reads the system
 * clock, which may be set back.
 */
class RemoteKeys {
  readonly #url: string
  readonly #keys: ReturnType<typeof createRemoteJWKSet>
  readonly #clock: Clock
  readonly #log: Logger
  #fetchedAt = Number.NEGATIVE_INFINITY
  #failure: { error: KeysUnavailable; at: number } | null = null
  #fetching: Promise<void> | undefined

  constructor(url: string, { clock, log }: { clock: Clock; log: Logger }) {
    this.#url = url
    this.#keys = remoteKeys(url)
    this.#clock = clock
    this.#log = log
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#age > GOOD_FOR_MS) await this.#fetch()
    else if (this.#age > REFRESH_AFTER_MS) this.#fetchInBackground()
    try {
      return await this.#keys(header, token)
    } catch (failure) {
      const mayBeNew = failure instanceof errors.JWKSNoMatchingKey && this.#age > UNKNOWN_KEY_COOL_DOWN_MS
      if (!mayBeNew) throw failure
      await this.#fetch()
      return await this.#keys(header, token)
    }
  }

  get #age(): number {
    return this.#clock.elapsed() - this.#fetchedAt
  }

  /** The failure of the last fetch while it is too early to try again. */
  get #freshFailure(): KeysUnavailable | null {
    const failure = this.#failure
    return failure !== null && this.#clock.elapsed() - failure.at < FAILURE_COOL_DOWN_MS
      ? failure.error
      : null
  }

  /**
   * Joins a fetch that is running. After a failure, callers get the same error until the cool-down has
   * passed.
   */
  #fetch(): Promise<void> {
    const failure = this.#freshFailure
    if (failure !== null) return Promise.reject(failure)
    this.#fetching ??= this.#fetchOnce().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  /** Logs a failure, because no caller waits for this fetch. */
  #fetchInBackground(): void {
    if (this.#fetching !== undefined || this.#freshFailure !== null) return
    this.#fetch().catch((failure: unknown) =>
      this.#log.error({ event: 'jwt_keys.unavailable', err: failure }, messageOf(failure)),
    )
  }

  async #fetchOnce(): Promise<void> {
    try {
      await this.#keys.reload()
      this.#fetchedAt = this.#clock.elapsed()
    } catch (cause) {
      const error = new KeysUnavailable(unavailable(this.#url, cause), { cause })
      this.#failure = { error, at: this.#clock.elapsed() }
      throw error
    }
  }
}

/**
 * Fetches as jose asks, which includes the time limit and following no redirects, and refuses a large answer.
 */
const fetchWithinLimit: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_BYTES) throw new Error(`the answer is larger than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  if (response.status !== 200) throw new Error(`the server answered with ${response.status}`)
  return new Response(Buffer.concat(chunks))
}
