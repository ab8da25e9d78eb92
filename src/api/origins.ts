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

  /** `own` for all that is no page in a browser as well, `allowed` for pages of other sites that may use the API. */
  senderOf({ headers }: Pick<IncomingMessage, 'headers'>): 'own' | 'allowed' | 'refused' {
    const host = URL.parse(`http://${headers.host}`)
    if (host === null || !(this.#anyHost || LOOPBACK_NAME.test(host.hostname))) return 'refused'
    const { origin } = headers
    // Browsers send it with every POST and WebSocket, other clients do not.
    if (origin === undefined || URL.parse(origin)?.host === host.host) return 'own'
    return this.#allowed.has(origin) || this.#allowed.has('*') ? 'allowed' : 'refused'
  }
}
