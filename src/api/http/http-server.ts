import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf, RollcallError, systemCodeOf } from '../../base/errors.ts'
import type { Connections } from '../limits/connections.ts'

/** How long a client may take nothing of an answer that waits to be sent. */
const STALLED_MS = 60_000

/**
 * A server that waits for nobody for ever, and holds what a client may make it hold.
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
      // Who sends a byte now and then to keep a connection is cut off.
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      connectionsCheckingInterval: 5_000,
      // Longer than the minute for which proxies keep a connection, so that none uses one that is just closed.
      keepAliveTimeout: 65_000,
      // A query by GET is among them.
      maxHeaderSize: 32 * 1024,
      // What else a client would rather speak, as HTTP/2 from Java's, is to be ignored (RFC 9110 section 7.8).
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    listener,
  )
  server.maxHeadersCount = 100
  connections.watch(server)
  server.on('request', ({ socket }, response) => {
    // Tells when the connection was idle, which a client that reads slowly but steadily is not.
    response.setTimeout(stalledMs, () => {
      if (response.writableLength > 0) socket.destroy()
    })
  })
  return server
}

/** Rejects with ADDRESS_IN_USE, or CONFIG_INVALID for an address that the machine does not have. */
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
        `Port ${port} on ${host} is in use by another program; stop that one, or set \`server.port\` to another port.`,
      )
    case 'EADDRNOTAVAIL':
    case 'EACCES':
    case 'ENOTFOUND':
      return new RollcallError(
        'CONFIG_INVALID',
        `Rollcall cannot listen on ${host}:${port} (${messageOf(error)}); set \`server.host\` and \`server.port\` to an address of this machine that it may use.`,
      )
    default:
      return error
  }
}

/** Where a server is reached that listens: `http://127.0.0.1:4000`. */
export function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
