import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { CloseCode, handleProtocols } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Logger } from '../../base/log.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import type { ThreadTurns } from '../fairness/thread-turns.ts'
import { addressOf } from '../http/authenticate-request.ts'
import { normalizeTarget } from '../http/normalize-request.ts'
import type { Origins } from '../http/origins.ts'
import { AddressShares } from '../limits/address-shares.ts'
import type { ClientFault, ClientFaults } from '../limits/client-faults.ts'
import type { Connections } from '../limits/connections.ts'
import type { PersistedOperations } from '../operations/persisted-operations.ts'
import { SocketOperations } from './socket-operations.ts'
import { SocketSession } from './socket-session.ts'
import { type PipelineOf, serveProtocol } from './web-socket-protocol.ts'

/** How often a client is pinged. One that has not answered by the next ping is disconnected. */
const KEEP_ALIVE_MS = 12_000

/** The most bytes that may wait to be sent. Until a client reads them, nothing more is read from it. */
const MAX_UNSENT_BYTES = 1024 * 1024

/** How long a client may take to confirm that its WebSocket closes. The types of `ws` lack this option. */
const CLOSE_TIMEOUT = { closeTimeout: 2_000 }

/** The close code of a server that stops (RFC 6455 section 7.4.1). */
const GOING_AWAY = 1001

const PROTOCOL_BROKEN: ClientFault = {
  event: 'web_socket.protocol_broken',
  message: 'a WebSocket client broke the protocol',
}

/** Serves graphql-transport-ws over connections that an HTTP server hands over. */
export class WebSocketEndpoint {
  readonly #sockets: WebSocketServer
  readonly #protocol: ReturnType<typeof serveProtocol>
  readonly #authenticator: Authenticator
  readonly #connections: Connections
  readonly #unauthenticated = new UnauthenticatedSockets()
  readonly #clientFaults: ClientFaults
  readonly #log: Logger

  constructor(options: {
    path: string
    maxMessageBytes: number
    connections: Connections
    origins: Origins
    operations: PersistedOperations
    authenticator: Authenticator
    pipelineOf: PipelineOf
    turns: ThreadTurns
    clientFaults: ClientFaults
    log: Logger
  }) {
    // Attached to the HTTP server, it would handle that server's errors as its own.
    this.#sockets = new WebSocketServer({
      noServer: true,
      path: options.path,
      verifyClient: ({ req }, answer) => {
        answer(options.origins.senderOf(req) !== 'refused', 403)
      },
      maxPayload: options.maxMessageBytes,
      handleProtocols,
      ...CLOSE_TIMEOUT,
    })
    this.#protocol = serveProtocol(options)
    this.#authenticator = options.authenticator
    this.#connections = options.connections
    this.#clientFaults = options.clientFaults
    this.#log = options.log
  }

  /** Takes over the socket of an upgrade request, even if it then refuses the request. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // The HTTP server no longer listens for errors, and an unhandled reset would end the process.
    socket.on('error', () => socket.destroy())
    if (normalizeTarget(request) !== null) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#serve(webSocket, request, socket))
  }

  /**
   * Closes every WebSocket with the code of a server that goes away. A client that has not confirmed within
   * `graceMs` is disconnected.
   */
  async close(graceMs: number): Promise<void> {
    for (const socket of this.#sockets.clients) socket.close(GOING_AWAY, 'Rollcall is stopping.')
    const timer = setTimeout(() => {
      for (const socket of this.#sockets.clients) socket.terminate()
    }, graceMs)
    await new Promise((resolve) => this.#sockets.close(resolve))
    clearTimeout(timer)
  }

  #serve(socket: WebSocket, request: IncomingMessage, stream: Duplex): void {
    const address = addressOf(request)
    const leaveUnauthenticated = this.#unauthenticated.add(stream, {
      address,
      cutOff: () => socket.terminate(),
    })
    const authenticated = () => {
      leaveUnauthenticated()
      this.#connections.use(stream)
    }
    const operations = new SocketOperations()
    const send = (...parts: (string | Buffer)[]) => sendText(socket, parts)
    const close = (code: number, reason: string) => socket.close(code, reason)
    const caller = new SocketSession({
      authenticator: this.#authenticator,
      address,
      close,
    })
    const closed = this.#protocol.opened(
      {
        protocol: socket.protocol,
        send,
        close,
        onMessage: (handle) => {
          socket.on('message', (data, isBinary) => {
            // While it closes, messages are only read until the client has confirmed.
            if (socket.readyState !== socket.OPEN) return
            // The library has checked that text is UTF-8.
            if (isBinary) return socket.close(CloseCode.BadRequest, 'Messages must be text')
            if (socket.bufferedAmount > MAX_UNSENT_BYTES) socket.pause()
            const message = String(data)
            const handled = operations.handle(message, () => handle(message))
            if (handled === 'taken') {
              return socket.close(
                CloseCode.SubscriberAlreadyExists,
                'An operation with this id has not ended yet',
              )
            }
            handled.catch((failure: unknown) => {
              this.#log.error(
                { event: 'web_socket.message_failed', err: failure },
                'a WebSocket message could not be handled',
              )
              socket.close(CloseCode.InternalServerError, 'Internal server error')
            })
          })
        },
      },
      { send, caller, address, authenticated, operations },
    )
    const stopAsking = terminateWhenSilent(socket)
    // The frame is broken or too large. The library has closed the socket with the code for that.
    socket.once('error', ({ message }) => this.#clientFaults.note(address, PROTOCOL_BROKEN, message))
    socket.once('close', (code, reason) => {
      stopAsking()
      leaveUnauthenticated()
      operations.close()
      caller.end()
      closed(code, String(reason)).catch((failure: unknown) => {
        this.#log.error(
          { event: 'web_socket.close_failed', err: failure },
          'the subscriptions of a WebSocket could not be ended',
        )
      })
    })
  }
}

/**
 * Sends the parts as the frames of one message. Resolves when the message was sent, so that a slow client
 * does not receive more than it reads.
 */
function sendText(socket: WebSocket, parts: readonly (string | Buffer)[]): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve()
  return new Promise((resolve, reject) => {
    for (const part of parts.slice(0, -1)) socket.send(part, { binary: false, fin: false })
    socket.send(parts.at(-1) ?? '', { binary: false }, (failure) => {
      if (socket.isPaused && socket.bufferedAmount <= MAX_UNSENT_BYTES) socket.resume()
      if (failure) reject(failure)
      else resolve()
    })
  })
}

/** Disconnects a client that does not answer pings. Returns a function that stops the pings. */
function terminateWhenSilent(socket: WebSocket): () => void {
  let hasAnswered = true
  socket.on('pong', () => {
    hasAnswered = true
  })
  const timer = setInterval(() => {
    if (!hasAnswered) return socket.terminate()
    hasAnswered = false
    socket.ping()
  }, KEEP_ALIVE_MS)
  return () => clearInterval(timer)
}

/** Each holds little, but anybody may open one. */
const MAX_SOCKETS = 1_000

/** More than the longest token and all else that a client sends with it. */
const MAX_BYTES = 32 * 1024

/**
 * The WebSockets that are not authenticated yet. If there are too many, the oldest is closed for the next.
 */
class UnauthenticatedSockets {
  readonly #shares = new AddressShares()
  readonly #max: number

  constructor(max = MAX_SOCKETS) {
    this.#max = max
  }

  /**
   * Closes the connection of a client that sends more than authentication needs, whether messages or pings.
   * Call the returned function when the client is authenticated, and when it is gone.
   */
  add(stream: Duplex, { address, cutOff }: { address: string; cutOff: () => void }): () => void {
    let bytes = 0
    const count = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MAX_BYTES) cutOff()
    }
    // The bytes are counted before the library sees them.
    stream.prependListener('data', count)
    if (this.#shares.size >= this.#max) this.#shares.closeOldest()
    const leave = this.#shares.add(address, cutOff)
    return () => {
      leave()
      stream.removeListener('data', count)
    }
  }
}
