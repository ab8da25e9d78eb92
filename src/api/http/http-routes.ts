import type { IncomingMessage, ServerResponse } from 'node:http'
import { messageOf } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { callerOf } from '../auth/authenticated-session.ts'
import type { ApiServices } from '../context.ts'
import type { ThreadTurns } from '../fairness/thread-turns.ts'
import { type AuthenticateRequest, addressOf } from './authenticate-request.ts'
import type { ConsoleFiles } from './console-files.ts'
import { Exports } from './exports.ts'
import { GraphiqlPage } from './graphiql-page.ts'
import type { Metrics } from './metrics.ts'
import { treatHeadAsGet } from './normalize-request.ts'
import type { Origins } from './origins.ts'
import { ReadinessCheck } from './readiness.ts'
import { sendBytes, sendText } from './responses.ts'

const READABLE: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])
const TO_READ = ['GET', 'HEAD', 'OPTIONS']
const TO_ASK = ['GET', 'HEAD', 'POST', 'OPTIONS']

/** Answers all HTTP requests that are not GraphQL operations. */
export class HttpRoutes {
  readonly #readiness: ReadinessCheck
  readonly #metrics: Metrics
  readonly #exports: Exports
  readonly #graphqlPath: string
  readonly #origins: Origins
  readonly #authenticate: AuthenticateRequest
  readonly #graphiql: GraphiqlPage | null
  readonly #noGraphiqlBecause: string | null
  readonly #console: ConsoleFiles | null
  readonly #log: Logger

  constructor(options: {
    services: ApiServices
    metrics: Metrics
    graphqlPath: string
    origins: Origins
    authenticate: AuthenticateRequest
    /** Why a browser does not get GraphiQL at the path of GraphQL, after "because"; null if it does. */
    noGraphiqlBecause: string | null
    /** The console at all paths where nothing else is; null if it is off. */
    console: ConsoleFiles | null
    turns: ThreadTurns
    log: Logger
  }) {
    this.#readiness = new ReadinessCheck(options.services, options.log)
    this.#metrics = options.metrics
    this.#exports = new Exports(options.services, options)
    this.#graphqlPath = options.graphqlPath
    this.#origins = options.origins
    this.#authenticate = options.authenticate
    this.#graphiql = options.noGraphiqlBecause === null ? new GraphiqlPage() : null
    this.#noGraphiqlBecause = options.noGraphiqlBecause
    this.#console = options.console
    this.#log = options.log
  }

  /** Returns false if the request is for GraphQL. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    response.setHeader('x-content-type-options', 'nosniff').setHeader('vary', 'Accept-Encoding, Origin')
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    const sender = this.#origins.senderOf(request, { isPage: this.#isPage(path, request) })
    if (sender === 'refused') {
      sendText(response, 403, this.#origins.whyRefused(request))
      return true
    }
    const isCrossOrigin = sender === 'allowed'
    if (isCrossOrigin) allowReading(request, response)
    const methods = this.#methodsAt(path, request)
    if (!methods) {
      sendText(response, 404, `Nothing is served at this path; the API is at ${this.#graphqlPath}.`)
    } else if (request.method === 'OPTIONS') {
      answerOptions(response, { methods, isPreflight: isCrossOrigin })
    } else if (path === this.#graphqlPath) {
      return this.#answerBrowser(request, response)
    } else if (!methods.includes(request.method ?? '')) {
      sendText(response, 405, 'This path can only be read. Use GET or HEAD.', {
        allow: methods.join(', '),
      })
    } else {
      this.#answerReading(path, request, response)
    }
    return true
  }

  /** Returns undefined if nothing is at the path. */
  #methodsAt(path: string, request: IncomingMessage): readonly string[] | undefined {
    if (path === this.#graphqlPath) return TO_ASK
    if (READABLE.has(path) || this.#exports.has(path) || this.#isOfConsole(path, request)) return TO_READ
    return path === '/' && this.#graphiql ? TO_READ : undefined
  }

  #isPage(path: string, request: IncomingMessage): boolean {
    if (path === this.#graphqlPath) return this.#wantsPage(request)
    return (path === '/' && this.#graphiql !== null) || this.#isOfConsole(path, request)
  }

  /** Whether the answer is a file of the console: an asset, or the page, which has many addresses. */
  #isOfConsole(path: string, request: IncomingMessage): boolean {
    if (!this.#console || READABLE.has(path) || this.#exports.has(path)) return false
    return path === '/' || this.#console.has(path) || GraphiqlPage.isAskedFor(request)
  }

  /** Without GraphiQL, a query in the address is answered, whichever program asks. */
  #wantsPage(request: IncomingMessage): boolean {
    return GraphiqlPage.isAskedFor(request) && (this.#graphiql !== null || !request.url?.includes('?'))
  }

  #answerBrowser(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.#wantsPage(request)) {
      treatHeadAsGet(request)
      return false
    }
    if (this.#graphiql) void this.#graphiql.answer(request, response)
    else sendText(response, 400, noPage(this.#noGraphiqlBecause))
    return true
  }

  #answerReading(path: string, request: IncomingMessage, response: ServerResponse): void {
    if (this.#console && this.#isOfConsole(path, request)) {
      void this.#console.answer(path, request, response)
      return
    }
    switch (path) {
      case '/healthz':
        sendText(response, 200, 'alive')
        break
      case '/readyz':
        void this.#sendReadiness(response)
        break
      case '/metrics':
        void this.#ifAuthenticated(request, response, () => void this.#sendMetrics(request, response))
        break
      case '/':
        response.writeHead(302, { location: this.#graphqlPath }).end()
        break
      default:
        void this.#ifAuthenticated(request, response, (caller) =>
          this.#exports.answer(request, response, caller),
        )
    }
  }

  /** The routes that show devices and their state need authentication. */
  async #ifAuthenticated(
    request: IncomingMessage,
    response: ServerResponse,
    answer: (caller: string) => void,
  ): Promise<void> {
    const session = await this.#authenticate(request, response, 'text')
    if (session !== null) answer(callerOf(session, addressOf(request)))
  }

  async #sendReadiness(response: ServerResponse): Promise<void> {
    const found = await this.#readiness.run()
    response.writeHead(found.ready ? 200 : 503, { 'content-type': 'application/json; charset=utf-8' })
    response.end(`${JSON.stringify(found)}\n`)
  }

  async #sendMetrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const bytes = Buffer.from(await this.#metrics.text())
      await sendBytes(request, response, bytes, { 'content-type': this.#metrics.contentType })
    } catch (failure) {
      this.#log.error(
        { event: 'metrics.unreadable', err: failure },
        `the metrics could not be read: ${messageOf(failure)}`,
      )
      sendText(response, 503, 'The metrics cannot be read; the log says why.')
    }
  }
}

function noPage(because: string | null): string {
  return (
    'This is the GraphQL API of Rollcall, which programs use. ' +
    `GraphiQL, the page to try queries on, is off because ${because}.`
  )
}

/** How long a browser may remember the answer, in seconds. Chrome allows no more. */
const MAX_AGE_S = 7_200

/**
 * Lets a page of another site read the answer. Scripts send tokens themselves, so no cookies are involved.
 */
function allowReading({ headers }: IncomingMessage, response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', headers.origin ?? '')
  response.setHeader('access-control-expose-headers', 'etag, retry-after')
}

/**
 * Answers OPTIONS with the methods of the path, and with what a page of another site may send if it was
 * allowed.
 */
function answerOptions(
  response: ServerResponse,
  options: { methods: readonly string[]; isPreflight: boolean },
): void {
  const methods = options.methods.join(', ')
  response.setHeader('allow', methods)
  if (options.isPreflight) {
    response.setHeader('access-control-allow-methods', methods)
    response.setHeader('access-control-allow-headers', 'authorization, content-type, if-none-match')
    response.setHeader('access-control-max-age', MAX_AGE_S)
  }
  response.writeHead(204).end()
}
