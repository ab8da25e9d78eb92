import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf, RollcallError, systemCodeOf } from '../../base/errors.ts'
import type { Connections } from '../limits/connections.ts'

/** How long a client may read nothing of an answer that waits for it. */
const STALLED_MS = 60_000

/**
 * Creates a server with limits on the time, headers and connections of its clients.
 *
 * @param options.stalledMs default: `STALLED_MS`
 */
export function createLimitedServer(
  connections: Connections,
  listener: RequestListener,
  { stalledMs = STALLED_MS } = {},
): Server {
  const server = createServer(
    {
      // Ends connections of clients that send a byte now and then.
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      connectionsCheckingInterval: 5_000,
      // Proxies keep a connection for a minute. If it ended before that, a proxy might use it just as it
      // closes.
      keepAliveTimeout: 65_000,
      // The limit includes queries in the URL.
      maxHeaderSize: 32 * 1024,
      // Offers of other protocols, such as HTTP/2 from Java's client, are ignored (RFC 9110 section 7.8).
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    listener,
  )
  server.maxHeadersCount = 100
  connections.watch(server)
  server.on('request', ({ socket }, response) => {
    // Fires when the connection was idle. A client that reads slowly but steadily keeps it busy.
    response.setTimeout(stalledMs, () => {
      if (response.writableLength > 0) socket.destroy()
    })
  })
  return server
}

const USABLE_ADDRESS = 'Set `server.host` and `server.port` to an address of this machine that it may use.'

/**
 * Starts to listen. Rejects with ADDRESS_IN_USE, or with CONFIG_INVALID if the machine does not have the
 * address.
 */
export function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenFailure(error, host, port)))
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

function listenFailure(error: unknown, host: string, port: number): unknown {
  switch (systemCodeOf(error)) {
    case 'EADDRINUSE':
      return new RollcallError(
        'ADDRESS_IN_USE',
        `Port ${port} on ${host} is in use. Set \`server.port\` to another port or stop the other process.`,
      )
    case 'EADDRNOTAVAIL':
    case 'EACCES':
    case 'ENOTFOUND':
      return new RollcallError(
        'CONFIG_INVALID',
        `Rollcall cannot listen on ${host}:${port} (${messageOf(error)}). ${USABLE_ADDRESS}`,
      )
    default:
      return error
  }
}

/** Returns the URL of a listening server: `http://127.0.0.1:4000`. */
export function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
