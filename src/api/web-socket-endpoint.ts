import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type {
  DocumentNode,
  ExecutionArgs,
  execute,
  GraphQLError,
  GraphQLFormattedError,
  GraphQLSchema,
  subscribe,
} from 'graphql'
import { CloseCode, type ExecutionResult, handleProtocols, makeServer } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Logger } from '../base/log.ts'
import type { Admission } from './auth/admission.ts'
import { addressOf } from './auth/admit-request.ts'
import type { Authenticator } from './auth/authenticator.ts'
import { refusalError } from './auth/refusal.ts'
import { SocketAdmission } from './auth/socket-admission.ts'
import { withCode } from './errors.ts'
import { tooManyOperations } from './limits/web-socket-limits.ts'
import type { OperationParams } from './operation-params.ts'
import type { Origins } from './origins.ts'
import type { PersistedOperations } from './persisted-operations.ts'
import { sendShared } from './web-socket-events.ts'

/** How often a client is asked whether it is still there; one that has not answered by the next time is let go. */
const KEEP_ALIVE_MS = 12_000

/** How much may wait to be sent; from a client that does not read what it asked for we read no more. */
const MAX_UNSENT_BYTES = 1024 * 1024

/** The close code of a server that stops (RFC 6455 section 7.4.1). */
const GOING_AWAY = 1001

/** The way of one operation, from its text to its result. */
export interface Pipeline {
  schema: GraphQLSchema
  parse(text: string): DocumentNode
  validate(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[]
  contextFactory(): unknown
  execute: (args: ExecutionArgs) => ReturnType<typeof execute>
  subscribe: (args: ExecutionArgs) => ReturnType<typeof subscribe>
}

/** What the protocol's server knows of a connection from us. */
interface Connection {
  send(text: string): Promise<void>
  caller: SocketAdmission
}

/** The protocol graphql-transport-ws, over connections that are taken over from an HTTP server. */
export class WebSocketEndpoint {
  readonly #sockets: WebSocketServer
  readonly #protocol: ReturnType<typeof serveProtocol>
  readonly #authenticator: Authenticator
  readonly #log: Logger

  constructor(options: {
    path: string
    maxMessageBytes: number
    origins: Origins
    operations: PersistedOperations
    authenticator: Authenticator
    /** Of the operation with these parameters, for who was let in: what HTTP requests go through as well. */
    pipelineOf: (params: object, admission: Admission) => Pipeline
    log: Logger
  }) {
    // Without a server of its own: as one that is attached, it would take the HTTP server's failures for its own.
    this.#sockets = new WebSocketServer({
      noServer: true,
      path: options.path,
      verifyClient: ({ req }, answer) => answer(options.origins.senderOf(req) !== 'refused', 403),
      maxPayload: options.maxMessageBytes,
      handleProtocols,
    })
    this.#protocol = serveProtocol(options)
    this.#authenticator = options.authenticator
    this.#log = options.log
  }

  /** Takes over the socket of an upgrade request, also where it is only to be refused. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#serve(webSocket, request))
  }

  /** Ends every subscription with the code of a server that goes away; who does not answer within `graceMs` is cut off. */
  async close(graceMs: number): Promise<void> {
    for (const socket of this.#sockets.clients) socket.close(GOING_AWAY, 'Rollcall is stopping.')
    const timer = setTimeout(() => {
      for (const socket of this.#sockets.clients) socket.terminate()
    }, graceMs)
    await new Promise((resolve) => this.#sockets.close(resolve))
    clearTimeout(timer)
  }

  #serve(socket: WebSocket, request: IncomingMessage): void {
    const send = (text: string) => sendText(socket, text)
    const close = (code: number, reason: string) => socket.close(code, reason)
    const caller = new SocketAdmission({
      authenticator: this.#authenticator,
      address: addressOf(request),
      close,
    })
    const closed = this.#protocol.opened(
      {
        protocol: socket.protocol,
        send,
        close,
        onMessage: (handle) => {
          socket.on('message', (data, isBinary) => {
            // Text is known to be UTF-8 by now.
            if (isBinary) return socket.close(CloseCode.BadRequest, 'Messages must be text')
            if (socket.bufferedAmount > MAX_UNSENT_BYTES) socket.pause()
            handle(String(data)).catch((failure: unknown) => {
              this.#log.error({ err: failure }, 'a WebSocket message could not be handled')
              socket.close(CloseCode.InternalServerError, 'Internal server error')
            })
          })
        },
      },
      { send, caller },
    )
    const stopAsking = terminateWhenSilent(socket)
    // A broken frame, or one that is too large; the library has closed the socket with the code that says so.
    socket.once('error', (failure) =>
      this.#log.info({ err: failure }, 'a WebSocket client broke the protocol'),
    )
    socket.once('close', (code, reason) => {
      stopAsking()
      caller.end()
      closed(code, String(reason)).catch((failure: unknown) => {
        this.#log.error({ err: failure }, 'the subscriptions of a WebSocket could not be ended')
      })
    })
  }
}

function serveProtocol({
  pipelineOf,
  operations,
}: {
  pipelineOf: (params: object, admission: Admission) => Pipeline
  operations: PersistedOperations
}) {
  return makeServer<Record<string, unknown>, Connection>({
    execute: (args) => (args.rootValue as Pipeline).execute(args),
    subscribe: (args) => (args.rootValue as Pipeline).subscribe(args),
    onConnect: ({ connectionParams, extra }) => extra.caller.begin(connectionParams?.authorization),
    onSubscribe: async ({ extra, subscriptions }, _id, params) => {
      const refusal = tooManyOperations(subscriptions)
      if (refusal) return [refusal]
      const current = await extra.caller.current()
      if ('refusal' in current) return [refusalError(current.refusal)]
      const pipeline = pipelineOf(params, current.admission)
      const { schema } = pipeline
      let document: DocumentNode
      try {
        document = pipeline.parse(operations.textOf(params as OperationParams))
      } catch (requestError) {
        return [withCode(requestError as GraphQLError)]
      }
      const errors = pipeline.validate(schema, document)
      if (errors.length > 0) return errors
      return {
        schema,
        document,
        operationName: params.operationName,
        variableValues: params.variables,
        contextValue: await pipeline.contextFactory(),
        rootValue: pipeline,
      }
    },
    onOperation: ({ extra }, id, _params, _args, result) =>
      Symbol.asyncIterator in result
        ? sendShared(id, result as AsyncGenerator<ExecutionResult>, extra.send)
        : undefined,
    onNext: (_context, _id, _params, _args, { data, errors, extensions }) =>
      errors && {
        ...(data !== undefined && { data }),
        errors: errors.map(formatted),
        ...(extensions && { extensions }),
      },
    onError: (_context, _id, _params, errors) => errors.map(formatted),
  })
}

/** The error without what only HTTP has a use for; what has no code yet is an error of the request. */
function formatted(error: GraphQLError): GraphQLFormattedError {
  const { extensions: { http, ...extensions } = {}, ...rest } = error.toJSON()
  return { ...rest, extensions: { code: 'BAD_USER_INPUT', ...extensions } }
}

/** Resolves when the text is on its way, so that who reads slowly is not sent more than it takes. */
function sendText(socket: WebSocket, text: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve()
  return new Promise((resolve, reject) => {
    socket.send(text, (failure) => {
      if (socket.isPaused && socket.bufferedAmount <= MAX_UNSENT_BYTES) socket.resume()
      if (failure) reject(failure)
      else resolve()
    })
  })
}

/** Returns the function that ends it. */
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
