import type { IncomingMessage, ServerResponse } from 'node:http'
import { createYoga } from 'graphql-yoga'
import type { Closable } from '../base/close.ts'
import { RollcallError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { type TraceParent, tracing } from '../base/tracing.ts'
import type { AuthConfig } from '../config/schema.ts'
import { type AuthenticatedSession, callerOf } from './auth/authenticated-session.ts'
import { Authenticator } from './auth/authenticator.ts'
import { type ApiServices, createContext } from './context.ts'
import { CompiledQueries, createDocumentCaches } from './execution/compiled-queries.ts'
import { ThreadTurns } from './fairness/thread-turns.ts'
import { type AuthenticateRequest, addressOf, authenticateRequest } from './http/authenticate-request.ts'
import { ConsoleFiles } from './http/console-files.ts'
import { HttpRoutes } from './http/http-routes.ts'
import { createLimitedServer, listen, urlOf } from './http/http-server.ts'
import { Metrics } from './http/metrics.ts'
import { normalizeTarget } from './http/normalize-request.ts'
import { Origins } from './http/origins.ts'
import { startRequestSpan } from './http/request-span.ts'
import { sendText, throwAwayRest } from './http/responses.ts'
import { networkOf } from './limits/address-shares.ts'
import { ClientFaults } from './limits/client-faults.ts'
import { Connections } from './limits/connections.ts'
import { InventorySize, type Limits } from './limits/operation-limits.ts'
import { Feeds } from './live/feeds.ts'
import { Deprecations } from './operations/deprecations.ts'
import { maskError } from './operations/errors.ts'
import { SubscriptionCount } from './operations/limited-operations.ts'
import { OperationMetrics } from './operations/operation-metrics.ts'
import { PersistedOperations } from './operations/persisted-operations.ts'
import { QueryExecution } from './operations/query-execution.ts'
import { SharedAnswers } from './operations/shared-answers.ts'
import { SharedExecution } from './operations/shared-execution.ts'
import { orderedPlugins } from './plugins.ts'
import { type ReaderOptions, Readers } from './read-threads/readers.ts'
import { schema } from './schema/schema.ts'
import { WebSocketEndpoint } from './websocket/web-socket-endpoint.ts'

const GRAPHQL_PATH = '/graphql'

/** The context that a request brings to the server library. */
interface ServerContext {
  session: AuthenticatedSession
  /** See `callerOf`. */
  caller: string
  /** The span of the request, if it is traced. */
  traceParent?: TraceParent
}

/** How long answers under way may take after the server begins to close. */
const CLOSE_GRACE_MS = 1_000

export interface ApiServerOptions {
  host: string
  /** 0 takes a free port. */
  port: number
  /** The most connections at once. */
  maxConnections: number
  /** The other origins whose pages may use the API: see `server.cors`. */
  cors: readonly string[]
  introspection: boolean
  graphiql: boolean
  /** The folder of the built console; null if it is off. */
  console: string | null
  /** See `PersistedOperations.load`. */
  persistedOperations: { file: string | null; only: boolean }
  limits: Limits & { requestBytes: number }
  auth: AuthConfig
  services: ApiServices
  /** The threads for large queries; null runs those on the API's thread. */
  readers: Omit<ReaderOptions, 'log'> | null
  log: Logger
}

/**
 * Serves GraphQL over HTTP, SSE and WebSocket on one path, and health checks, metrics and exports on others.
 */
export interface ApiServer extends Closable {
  /** The URL of the server: `http://127.0.0.1:4000`. */
  readonly url: string
  /** The address of the console: `http://127.0.0.1:4000/`; null if it is off or not built. */
  readonly consoleUrl: string | null
  /** Accepts no more connections. Those that exist stay until `close`. */
  stopListening(): void
}

/**
 * Rejects with ADDRESS_IN_USE, or with CONFIG_INVALID if the machine does not have the address or a persisted
 * operation cannot be used.
 */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { host, port, limits, services, log } = options
  const consoleFiles = await loadConsole(options.console, log)
  const operations = await PersistedOperations.load(
    { ...options.persistedOperations, console: consoleFiles?.operations ?? [] },
    { schema, introspection: options.introspection },
  )
  const closing = new AbortController()
  const feeds = new Feeds(services, closing.signal)
  const mask = (error: unknown) => maskError(error, log)
  const deprecations = new Deprecations(schema)
  const operationMetrics = new OperationMetrics(operations.names)
  const subscriptions = new SubscriptionCount()
  const turns = new ThreadTurns()
  // Looking up hundreds of tokens at once takes as long as a large query. The caller is not known yet, so
  // turns are by network and token.
  const arrivals = new ThreadTurns()
  const authenticate: AuthenticateRequest = async (request, response, form) => {
    await arrivals.take(`${networkOf(addressOf(request))} ${request.headers.authorization ?? ''}`)
    return await authenticateRequest(authenticator, request, response, form)
  }
  const readers = options.readers && new Readers({ ...options.readers, log })
  const queries = new QueryExecution({
    queries: new CompiledQueries(schema),
    readers,
    turns,
    maxCost: limits.cost,
  })
  const inventory = new InventorySize(services)
  await inventory.count()
  const clientFaults = new ClientFaults(log)
  const rates = services.gateway.isAlone ? null : services.store.rates
  const authenticator = new Authenticator(options.auth, {
    tokens: services.store.tokens,
    rates,
    clock: services.clock,
    clientFaults,
    log,
  })
  const yoga = createYoga<ServerContext>({
    schema,
    context: ({ session }) => createContext(services, feeds, session.viewer),
    plugins: orderedPlugins({
      operations,
      isTraced: tracing() !== null,
      introspection: options.introspection,
      deprecations,
      metrics: operationMetrics,
      answers: new SharedAnswers((args, place) => queries.execute(args, place)),
      execution: new SharedExecution({ mask, turns }),
      authenticator,
      limits,
      deviceCount: () => inventory.devices,
      rates,
      subscriptions,
      turns,
    }),
    parserAndValidationCache: createDocumentCaches(),
    graphqlEndpoint: GRAPHQL_PATH,
    maskedErrors: { maskError: mask },
    // Request bodies and origins are checked before the library sees a request.
    maxRequestBodySize: false,
    multipart: false,
    cors: false,
    graphiql: false,
    landingPage: false,
    logging: false,
  })
  const metrics = new Metrics(services, { deprecations, operations: operationMetrics, subscriptions })
  const origins = new Origins({ allowed: options.cors, anyHost: options.auth.mode !== 'none' })
  const httpRoutes = new HttpRoutes({
    services,
    metrics,
    graphqlPath: GRAPHQL_PATH,
    origins,
    authenticate,
    noGraphiqlBecause: whyNoGraphiql(options),
    console: consoleFiles,
    turns,
    log,
  })
  const answerGraphql = async (request: IncomingMessage, response: ServerResponse) => {
    const traceParent = startRequestSpan(request, response, GRAPHQL_PATH)
    const session = await authenticate(request, response, 'graphql')
    if (session === null) return
    const caller = callerOf(session, addressOf(request))
    await yoga(request, response, { session, caller, ...(traceParent && { traceParent }) })
  }
  const connections = new Connections(options.maxConnections)
  const server = createLimitedServer(connections, (request, response) => {
    response.once('finish', () => {
      // A connection that waits for another request would keep the server from closing.
      if (!server.listening) request.socket.end()
      else if (!request.complete)
        void throwAwayRest(request).then((hasCome) => hasCome || request.socket.destroy())
    })
    const problem = normalizeTarget(request)
    if (problem !== null) sendText(response, 400, problem)
    else if (!httpRoutes.answer(request, response)) void answerGraphql(request, response)
  })
  const webSockets = new WebSocketEndpoint({
    path: GRAPHQL_PATH,
    maxMessageBytes: limits.requestBytes,
    connections,
    origins,
    operations,
    authenticator,
    pipelineOf: (operation) => yoga.getEnveloped(operation),
    turns,
    clientFaults,
    log,
  })
  server.on('upgrade', (request, socket, head) => webSockets.accept(request, socket, head))
  await listen(server, host, port)
  server.on('error', (error) => log.error({ event: 'http_server.failed', err: error }, 'HTTP server failed'))
  const ended = new Promise((resolve) => server.once('close', resolve))
  let closed: Promise<void> | undefined
  const url = urlOf(server)
  return {
    url,
    consoleUrl: consoleFiles && `${url}/`,
    stopListening: () => {
      server.close()
    },
    close() {
      closed ??= (async () => {
        server.close()
        // If a refresh has just ended, its last event is sent before the subscription ends.
        await feeds.fairYield.idle()
        closing.abort(new RollcallError('CONFLICT', 'Rollcall is stopping; subscribe again once it runs.'))
        const graceTimer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
        await webSockets.close(CLOSE_GRACE_MS)
        await ended
        clearTimeout(graceTimer)
        feeds.close()
        await yoga.dispose()
        await readers?.close()
        await authenticator.close()
        await clientFaults.close()
        await metrics.close()
      })()
      return closed
    },
  }
}

/**
 * Returns why GraphiQL is not served; null if it is. GraphiQL queries the schema, with an operation that is
 * not persisted.
 */
function whyNoGraphiql({ graphiql, introspection, persistedOperations }: ApiServerOptions): string | null {
  if (persistedOperations.only) return 'only persisted operations are answered (persistedOperations.only)'
  if (!introspection) return 'introspection is off (server.introspection)'
  return graphiql ? null : 'the configuration does not turn it on (server.graphiql)'
}

async function loadConsole(folder: string | null, log: Logger): Promise<ConsoleFiles | null> {
  if (folder === null) return null
  const files = await ConsoleFiles.load(folder)
  if (!files)
    log.info(
      { event: 'console.not_built' },
      'the console is not built, so it is not served; run npm run build:console',
    )
  return files
}
