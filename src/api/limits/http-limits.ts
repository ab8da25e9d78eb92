import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'

/** WebSockets and subscriptions over Server-Sent Events are connections, too. */
const MAX_CONNECTIONS = 10_000

const REST_OF_BODY_MS = 2_000

/** A server that waits for nobody for ever, and holds what a client may make it hold. */
export function createLimitedServer(listener: RequestListener): Server {
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
    },
    listener,
  )
  server.maxHeadersCount = 100
  server.maxConnections = MAX_CONNECTIONS
  return server
}

/**
 * For a request that is answered before all of its body has come. To end the connection at once would have the client
 * fail at sending, and maybe not see the answer: for a while, what it sends is read and thrown away.
 */
export function throwAwayRest(request: IncomingMessage): void {
  const timer = setTimeout(() => request.socket.destroy(), REST_OF_BODY_MS)
  timer.unref()
  request.once('close', () => clearTimeout(timer))
  request.resume()
}
