import type { IncomingMessage } from 'node:http'
import { LOOPBACK } from '../../config/origin.ts'

const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

const LOOPBACK_ONLY =
  'Without authentication, use 127.0.0.1, [::1] or localhost, or set "auth.mode" to tokens or jwt.'

/**
 * Decides which web pages may use the API. Browsers do not let a page read answers of another site, but they
 * do let it send forms, which could start refreshes, and open WebSockets.
 */
export class Origins {
  readonly #allowed: ReadonlySet<string>
  readonly #anyHost: boolean
  /** The header of the last request with its URL. Most requests have the same. */
  #lastHost: { header: string | undefined; host: URL | null } = { header: '', host: null }

  constructor(options: {
    /** The origins of other sites, such as `https://noc.example.org`; see `server.cors`. */
    allowed: readonly string[]
    /**
     * Whether any Host header is accepted. Safe if callers need a token. Otherwise only the names of loopback
     * addresses are accepted, because DNS rebinding could make a foreign page look like one of this server.
     */
    anyHost: boolean
  }) {
    this.#allowed = new Set(options.allowed)
    this.#anyHost = options.anyHost
  }

  /**
   * Returns `own` for this server's pages and for clients that are not browsers, and `allowed` for pages of
   * other sites that may use the API.
   *
   * @param options.isPage whether the answer would be a page for a person, to which other sites may link
   */
  senderOf(
    { headers }: Pick<IncomingMessage, 'headers'>,
    { isPage = false }: { isPage?: boolean } = {},
  ): 'own' | 'allowed' | 'refused' {
    const host = this.#ownHost(headers.host)
    if (host === null) return 'refused'
    const { origin } = headers
    // Browsers send no Origin with what a page embeds or links to, such as an image whose URL is a query.
    if (origin === undefined && isFromElsewhere(headers) && !this.#allowed.has('*')) {
      return isPage && headers['sec-fetch-mode'] === 'navigate' ? 'own' : 'refused'
    }
    // Browsers send an Origin with every POST and WebSocket. Other clients send none.
    if (origin === undefined || URL.parse(origin)?.host === host.host) return 'own'
    return this.#isAllowed(origin) ? 'allowed' : 'refused'
  }

  #isAllowed(origin: string): boolean {
    if (this.#allowed.has(origin) || this.#allowed.has('*')) return true
    return this.#allowed.has(LOOPBACK) && LOOPBACK_NAME.test(URL.parse(origin)?.hostname ?? '')
  }

  /** Says in one sentence why a request was refused and what to change. */
  whyRefused({ headers }: Pick<IncomingMessage, 'headers'>): string {
    if (this.#ownHost(headers.host) !== null) return 'Pages of other sites may not use this API.'
    if (this.#anyHost) return 'The Host header names no host; send the name or address of this server in it.'
    return `The Host header is ${JSON.stringify(headers.host ?? '')}. ${LOOPBACK_ONLY}`
  }

  #ownHost(header: string | undefined): URL | null {
    if (this.#lastHost.header !== header) {
      const host = URL.parse(`http://${header}`)
      const isOwn = host !== null && (this.#anyHost || LOOPBACK_NAME.test(host.hostname))
      this.#lastHost = { header, host: isOwn ? host : null }
    }
    return this.#lastHost.host
  }
}

/**
 * Whether the browser reports that another site, or another port or subdomain of this one, made the request.
 */
function isFromElsewhere(headers: IncomingMessage['headers']): boolean {
  const site = headers['sec-fetch-site']
  return site === 'cross-site' || site === 'same-site'
}
