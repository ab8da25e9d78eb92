import { setMaxListeners } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { GraphQLError } from 'graphql'
import { createYoga, isAsyncIterable, type Plugin } from 'graphql-yoga'
import type { Closable } from '../base/close.ts'
import { messageOf, RollcallError, systemCodeOf } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { type ApiServices, createContext } from './context.ts'
import { maskError, withCode } from './errors.ts'
import { Feeds } from './feeds.ts'
import { Metrics } from './metrics.ts'
import { PlainPaths } from './plain-paths.ts'
import { schema } from './schema.ts'
import { ServerSentEvents } from './server-sent-events.ts'
import { SharedExecution } from './shared-execution.ts'
import { WebSocketEndpoint } from './web-socket-endpoint.ts'

const GRAPHQL_PATH = '/graphql'
/** Bytes of a request's body, and of one WebSocket message. */
const MAX_REQUEST_BYTES = 1024 * 1024

const EVENT_STREAM = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  connection: 'keep-alive',
  'content-encoding': 'none',
}

/** How long answers under way may take once the server closes. */
const CLOSE_GRACE_MS = 1_000

export interface ApiServerOptions {
  host: string
  /** 0: one that is free. */
  port: number
  services: ApiServices
  log: Logger
}

/** GraphQL over HTTP, SSE and WebSocket on one path, and the probes of whoever keeps the process running. */
export interface ApiServer extends Closable {
  /** Where the server is reached: `http://127.0.0.1:4000`. */
  readonly url: string
  /** Takes no more connections; those that there are go on until `close`. */
  stopListening(): void
}

/** Rejects with ADDRESS_IN_USE, or CONFIG_INVALID for an address that the machine does not have. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { host, port, services, log } = options
  const closing = new AbortController()
  // Every subscription listens.
  setMaxListeners(0, closing.signal)
  const feeds = new Feeds(services, closing.signal)
  const mask = (error: unknown) => maskError(error, log)
  const yoga = createYoga({
    schema,
    context: () => createContext(services, feeds),
    plugins: [codesOfValidation, sharedSubscriptions(new SharedExecution({ mask }))],
    graphqlEndpoint: GRAPHQL_PATH,
    maskedErrors: { maskError: mask },
    maxRequestBodySize: MAX_REQUEST_BYTES,
    multipart: false,
    // Another site's page in the same browser has no business here.
    cors: false,
    landingPage: false,
    logging: false,
    renderGraphiQL,
  })
  const metrics = new Metrics(services)
  const plainPaths = new PlainPaths({ services, metrics, graphqlPath: GRAPHQL_PATH, log })
  const server = createServer((request, response) => {
    response.once('finish', () => {
      // Else it would keep a server that closes waiting for another request, or the client sending a body in vain.
      if (!server.listening || !request.complete) request.socket.end()
    })
    if (!plainPaths.answer(request, response)) void yoga(request, response)
  })
  const webSockets = new WebSocketEndpoint({
    path: GRAPHQL_PATH,
    maxMessageBytes: MAX_REQUEST_BYTES,
    pipelineOf: (params) => yoga.getEnveloped({ params }),
    log,
  })
  server.on('upgrade', (request, socket, head) => webSockets.accept(request, socket, head))
  await listen(server, host, port)
  server.on('error', (error) => log.error({ err: error }, 'HTTP server failed'))
  const ended = new Promise((resolve) => server.once('close', resolve))
  let closed: Promise<void> | undefined
  return {
    url: urlOf(server),
    stopListening: () => {
      server.close()
    },
    close() {
      closed ??= (async () => {
        server.close()
        // The end of what was followed, where it has just come, goes out before that of the subscription.
        await feeds.turnstile.idle()
        closing.abort(new RollcallError('CONFLICT', 'Rollcall is stopping; subscribe again once it runs.'))
        const graceTimer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
        await webSockets.close(CLOSE_GRACE_MS)
        await ended
        clearTimeout(graceTimer)
        feeds.close()
        await yoga.dispose()
        await metrics.close()
      })()
      return closed
    },
  }
}

/** Over HTTP as over WebSocket, what validation finds is told with our code. */
const codesOfValidation: Plugin = {
  onValidate() {
    return ({ valid, result, setResult }) => {
      if (!valid) setResult([...result].map((error: GraphQLError) => withCode(error)))
    }
  },
}

/** Subscriptions over HTTP and over WebSocket are executed for all subscribers together; over HTTP they are sent by us. */
function sharedSubscriptions(execution: SharedExecution): Plugin {
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn((args) => execution.subscribe(args))
    },
    onResultProcess({ result, resultProcessor, setResultProcessor }) {
      // Where the client accepts no event stream, there is no processor for a result of many.
      if (!resultProcessor || !isAsyncIterable(result)) return
      setResultProcessor((_result, { Response }) => {
        // Beyond what its type says, this Response takes streams of Node.js, and sends them as they are.
        const body = new ServerSentEvents(result) as unknown as BodyInit
        return new Response(body, { headers: EVENT_STREAM })
      }, 'text/event-stream')
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
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

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
