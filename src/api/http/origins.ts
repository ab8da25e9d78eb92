import type { IncomingMessage } from 'node:http'

const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * Which pages in a user's browser may use the API. That the browser does not let a page of another site read our
 * answers keeps it neither from starting refreshes with a form nor from opening a WebSocket.
 */
export class Origins {
  readonly #allowed: ReadonlySet<string>
  readonly #anyHost: boolean

  constructor(options: {
    /** Of other sites: `https://noc.example.org`; `*`: all. */
    allowed: readonly string[]
    /**
     * Whether this server may have any name: where who asks has to show a token. Else only those of the loopback addresses are
     * its own; a page whose name was made to resolve to this machine (DNS rebinding) would be one of our own.
     */
    anyHost: boolean
  }) {
    this.#allowed = new Set(options.allowed)
    this.#anyHost = options.anyHost
  }

  /**
   * `own` for all that is no page in a browser as well, `allowed` for pages of other sites that may use the API.
   *
   * @param options.isPage whether the answer would be a page that a person opens, to which other sites may link
   */
  senderOf(
    { headers }: Pick<IncomingMessage, 'headers'>,
    { isPage = false }: { isPage?: boolean } = {},
  ): 'own' | 'allowed' | 'refused' {
    const host = this.#ownHost(headers.host)
    if (host === null) return 'refused'
    const { origin } = headers
    // Browsers send no Origin with what a page only shows or links to: an image of a query by GET.
    if (origin === undefined && isFromElsewhere(headers) && !this.#allowed.has('*')) {
      return isPage && headers['sec-fetch-mode'] === 'navigate' ? 'own' : 'refused'
    }
    // Browsers send it with every POST and WebSocket, other clients do not.
    if (origin === undefined || URL.parse(origin)?.host === host.host) return 'own'
    return this.#allowed.has(origin) || this.#allowed.has('*') ? 'allowed' : 'refused'
  }

  /** What is wrong with a request that is refused, and what to change, in a sentence. */
  whyRefused({ headers }: Pick<IncomingMessage, 'headers'>): string {
    if (this.#ownHost(headers.host) !== null) return 'Pages of other sites may not use this API.'
    if (this.#anyHost) return 'The Host header names no host; send the name or address of this server in it.'
    return `The Host header is ${JSON.stringify(headers.host ?? '')}, and without authentication only a loopback address (127.0.0.1, [::1], localhost) is answered: use one, or set "auth.mode" to tokens or jwt.`
  }

  #ownHost(header: string | undefined): URL | null {
    const host = URL.parse(`http://${header}`)
    return host !== null && (this.#anyHost || LOOPBACK_NAME.test(host.hostname)) ? host : null
  }
}

/** Whether a browser says that another site, or another port or subdomain of this one, is behind the request. */
function isFromElsewhere(headers: IncomingMessage['headers']): boolean {
  const site = headers['sec-fetch-site']
  return site === 'cross-site' || site === 'same-site'
}
