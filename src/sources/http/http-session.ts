import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { abortable } from '../../base/abortable.ts'
import type { Clock } from '../../base/clock.ts'
import type { RollcallError } from '../../base/errors.ts'
import { VERSION } from '../../base/version.ts'
import { sourceFailure } from '../source.ts'
import {
  ConnectionFailure,
  decodedBody,
  exchange,
  type HttpAnswer,
  type HttpRequest,
  type HttpWire,
} from './http-exchange.ts'
import {
  connectionFailure,
  isLasting,
  nameOf,
  outOfTime,
  readServerWords,
  statusFailure,
  tooMuch,
} from './http-failure.ts'

/** The login that is sent with each request. */
export interface HttpLogin {
  /** The value of the `Authorization` header. */
  authorization: string
  /** The secrets to remove from all messages, in each form in which a server may repeat them. */
  secrets: readonly string[]
}

/** Creates a login with a bearer token (RFC 6750). */
export function bearerLogin(token: string): HttpLogin {
  return { authorization: `Bearer ${token}`, secrets: [token] }
}

/** Creates a login with a user name and password (RFC 7617), in UTF-8. */
export function basicLogin(username: string, password: string): HttpLogin {
  const encoded = Buffer.from(`${username}:${password}`).toString('base64')
  return { authorization: `Basic ${encoded}`, secrets: [encoded, password] }
}

/** Creates a login with a NetBox token. Since NetBox 4.5, tokens begin with `nbt_` and are bearer tokens. */
export function netboxLogin(token: string): HttpLogin {
  return token.startsWith('nbt_') ? bearerLogin(token) : { authorization: `Token ${token}`, secrets: [token] }
}

const MAX_RETRIES = 3
const MAX_REDIRECTS = 5

export interface SessionOptions {
  /** Requests go to the origin of this URL only. */
  url: URL
  login: HttpLogin | null
  /** The only certificates to trust, in PEM. Null means those that Node.js trusts. */
  ca: string | null
  /** The name that the server's certificate must be for. Null means the host of the URL. */
  tlsServerName: string | null
  /** How long the server may be silent. */
  timeoutMs: number
  /** How long the whole session may take. */
  totalTimeoutMs: number
  clock: Clock
}

/**
 * Runs `work` with a session: requests to one server, one after the other, over a connection that ends with
 * `work`.
 */
export async function withHttpSession<T>(
  options: SessionOptions,
  signal: AbortSignal,
  work: (session: HttpSession) => Promise<T>,
): Promise<T> {
  const { url, totalTimeoutMs, timeoutMs, clock } = options
  signal.throwIfAborted()
  const limit = new AbortController()
  const cancel = clock.after(totalTimeoutMs, () => limit.abort(outOfTime(url, totalTimeoutMs)))
  const agent = createAgent(url, options)
  const wire = { agent, timeoutMs, clock, signal: AbortSignal.any([signal, limit.signal]) }
  try {
    return await work(new HttpSession(options, wire))
  } finally {
    cancel()
    agent.destroy()
  }
}

/** Returns the agent for the connections to a server, to be destroyed. */
export function createAgent(
  url: URL,
  { ca, tlsServerName }: Pick<SessionOptions, 'ca' | 'tlsServerName'>,
): HttpAgent {
  if (url.protocol !== 'https:') return new HttpAgent({ keepAlive: true })
  return new HttpsAgent({
    keepAlive: true,
    // Explicit, because otherwise an environment variable can switch the check off.
    rejectUnauthorized: true,
    ...(ca !== null && { ca }),
    ...(tlsServerName !== null && { servername: tlsServerName }),
  })
}

/** Why a try failed. `again` is null if another try would fail too; `retryAfter` is the server's header. */
interface FailedTry {
  failure: RollcallError
  again: { retryAfter: string | undefined } | null
}

export class HttpSession {
  readonly #options: SessionOptions
  readonly #wire: HttpWire

  constructor(options: SessionOptions, wire: HttpWire) {
    this.#options = options
    this.#wire = wire
  }

  /**
   * Sends a request and passes its answer to `read`: status 200, 304 if the request has If-None-Match, or one
   * of `alsoRead`.
   *
   * After 429, 5xx, a failed connection or a silent server it tries up to three times more, and `read` starts
   * anew. Then it rejects with a RollcallError (SOURCE_FAILED). It also rejects with the failure of `read`,
   * or with the signal's reason when it aborts.
   */
  async request<T>(request: HttpRequest, read: (answer: HttpAnswer) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      const tried = await this.#try(request, read)
      if ('value' in tried) return tried.value
      if (tried.again === null || attempt === MAX_RETRIES) throw tried.failure
      const { clock } = this.#options
      const { retryAfter } = tried.again
      await this.#pause(retryDelayMs({ attempt, retryAfter, now: clock.now(), random: Math.random() }))
    }
  }

  async #try<T>(
    request: HttpRequest,
    read: (answer: HttpAnswer) => Promise<T>,
  ): Promise<{ value: T } | FailedTry> {
    let url = request.url
    try {
      for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
        const step = await this.#step({ ...request, url }, read)
        if (!('location' in step)) return step
        url = this.#followed(request, url, step.location)
      }
    } catch (failure) {
      if (!(failure instanceof ConnectionFailure)) throw failure
      const again = isLasting(failure.code) ? null : { retryAfter: undefined }
      return { failure: connectionFailure(url, failure, this.#options.timeoutMs), again }
    }
    throw sourceFailure(nameOf(request.url), 'redirects in a circle; correct the source\'s "url".')
  }

  #step<T>(
    request: HttpRequest,
    read: (answer: HttpAnswer) => Promise<T>,
  ): Promise<{ value: T } | FailedTry | { location: string }> {
    const { login } = this.#options
    const headers = {
      'user-agent': `rollcall/${VERSION}`,
      ...request.headers,
      ...(login !== null && { authorization: login.authorization }),
    }
    return exchange({ ...request, headers }, this.#wire, async (answer) => {
      const { status } = answer
      const { location, 'retry-after': retryAfter } = answer.headers
      const isRead =
        status === 200 ||
        (status === 304 && 'if-none-match' in request.headers) ||
        request.alsoRead?.includes(status)
      if (isRead) {
        if (Number(answer.headers['content-length']) > request.maxBytes) {
          throw tooMuch(request.url, request.maxBytes)
        }
        return { value: await read({ ...answer, body: decodedBody(request, answer) }) }
      }
      if (status >= 300 && status < 400 && location !== undefined) return { location }
      const again = status === 429 || status >= 500 ? { retryAfter } : null
      const detail = await readServerWords(answer, login?.secrets ?? [])
      const tries = MAX_RETRIES + 1
      const failure = statusFailure(request.url, status, { hasLogin: login !== null, tries, detail })
      return { failure, again }
    })
  }

  /**
   * Returns the target of a redirect. It must be on the same server, because the login is sent there as well.
   */
  #followed({ method, url: first }: HttpRequest, from: URL, location: string): URL {
    const to = URL.canParse(location, from) ? new URL(location, from) : null
    if (to === null || method !== 'GET') {
      throw sourceFailure(nameOf(first), 'redirects to another place; correct the source\'s "url".')
    }
    if (to.origin !== this.#options.url.origin) {
      throw sourceFailure(
        nameOf(first),
        `redirects to ${to.origin}, another server, which does not get the login; ` +
          'make that the source\'s "url" if it is right.',
      )
    }
    return to
  }

  async #pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#options.clock.after(delayMs, resolve)
    try {
      await abortable(promise, this.#wire.signal)
    } finally {
      cancel()
    }
  }
}

const FIRST_DELAY_MS = 1_000
/** The longest delay, even if the server asks for more: the whole fetch has a time limit. */
const LONGEST_DELAY_MS = 60_000

/**
 * Returns how long to wait before the next try: 1, 2, then 4 s, less up to half of it at random, so that
 * clients that failed together do not return together. If the server asks for more, that is used, up to a
 * minute.
 *
 * @param attempt the number of tries that failed before the last one
 * @param retryAfter the server's Retry-After: seconds or a date (RFC 9110, section 10.2.3)
 * @param random from 0 to 1
 */
function retryDelayMs({
  attempt,
  retryAfter,
  now,
  random,
}: {
  attempt: number
  retryAfter: string | undefined
  now: number
  random: number
}): number {
  const backOff = FIRST_DELAY_MS * 2 ** attempt * (1 - random / 2)
  return Math.min(LONGEST_DELAY_MS, Math.max(backOff, askedFor(retryAfter, now)))
}

function askedFor(retryAfter: string | undefined, now: number): number {
  if (retryAfter === undefined) return 0
  if (/^\d{1,10}$/.test(retryAfter)) return Number(retryAfter) * 1_000
  const date = Date.parse(retryAfter)
  return Number.isNaN(date) ? 0 : date - now
}
