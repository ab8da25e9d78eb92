import { setMaxListeners } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { GraphQLError } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import type { Closable } from '../base/close.ts'
import { messageOf, RollcallError, systemCodeOf } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { type ApiServices, createContext } from './context.ts'
import { maskError, withCode } from './errors.ts'
import { isFromOtherSite } from './other-site.ts'
import { schema } from './schema.ts'
import { WebSocketEndpoint } from './web-socket-endpoint.ts'

const GRAPHQL_PATH = '/graphql'
/** Bytes of a request's body, and of one WebSocket message. */
const MAX_REQUEST_BYTES = 1024 * 1024

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
  const yoga = createYoga({
    schema,
    context: () => createContext(services, closing.signal),
    plugins: [codesOfValidation],
    graphqlEndpoint: GRAPHQL_PATH,
    maskedErrors: { maskError: (error) => maskError(error, log) },
    maxRequestBodySize: MAX_REQUEST_BYTES,
    multipart: false,
    // Another site's page in the same browser has no business here.
    cors: false,
    landingPage: false,
    logging: false,
    renderGraphiQL,
  })
  const server = createServer((request, response) => {
    response.once('finish', () => {
      // Else it would keep a server that closes waiting for another request, or the client sending a body in vain.
      if (!server.listening || !request.complete) request.socket.end()
    })
    if (!answerPlainly(request, response, services, log)) void yoga(request, response)
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
        await nextTurn()
        closing.abort(new RollcallError('CONFLICT', 'Rollcall is stopping; subscribe again once it runs.'))
        const graceTimer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
        await webSockets.close(CLOSE_GRACE_MS)
        await ended
        clearTimeout(graceTimer)
        await yoga.dispose()
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

/** What is not for GraphQL to answer. Returns false where there is nothing of that kind. */
function answerPlainly(
  request: IncomingMessage,
  response: ServerResponse,
  services: ApiServices,
  log: Logger,
): boolean {
  const path = (request.url ?? '/').split('?', 1)[0]
  if (isFromOtherSite(request)) sendText(response, 403, 'Pages of other sites may not use this API.')
  else if (path === GRAPHQL_PATH) return false
  else if (path === '/healthz') sendText(response, 200, 'alive')
  else if (path === '/readyz') void sendReadiness(response, services, log)
  else if (path === '/') response.writeHead(302, { location: GRAPHQL_PATH }).end()
  else sendText(response, 404, `There is nothing at this path; the API is at ${GRAPHQL_PATH}.`)
  return true
}

async function sendReadiness(response: ServerResponse, { store }: ApiServices, log: Logger): Promise<void> {
  try {
    await store.ping()
    sendText(response, 200, 'ready')
  } catch (failure) {
    log.error({ err: failure }, 'not ready')
    sendText(response, 503, 'The database cannot be read; the log says why.')
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
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
