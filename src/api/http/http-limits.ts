import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { Connections } from '../limits/connections.ts'

const REST_OF_BODY_MS = 2_000

/** A server that waits for nobody for ever, and holds what a client may make it hold. */
export function createLimitedServer(connections: Connections, listener: RequestListener): Server {
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
  return server
}

/**
 * For a request of whose body no more is wanted. To end the connection at once would have the client fail at sending, and
 * maybe not see the answer: what it sends is read and thrown away. Resolves with whether all has come, or false after a while.
 */
export function throwAwayRest(request: IncomingMessage): Promise<boolean> {
  if (request.complete) return Promise.resolve(true)
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), REST_OF_BODY_MS)
    timer.unref()
    request.once('close', () => {
      clearTimeout(timer)
      resolve(request.complete)
    })
    request.resume()
  })
}
