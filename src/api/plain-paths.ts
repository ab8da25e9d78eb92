import type { IncomingMessage, ServerResponse } from 'node:http'
import { messageOf } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { ApiServices } from './context.ts'
import { Exports } from './exports.ts'
import type { Metrics } from './metrics.ts'
import { isFromOtherSite } from './other-site.ts'
import { readiness } from './readiness.ts'
import { sendText } from './send-text.ts'

/** Answers what is not for GraphQL to answer. */
export class PlainPaths {
  readonly #services: ApiServices
  readonly #metrics: Metrics
  readonly #exports: Exports
  readonly #graphqlPath: string
  readonly #log: Logger

  constructor(options: { services: ApiServices; metrics: Metrics; graphqlPath: string; log: Logger }) {
    this.#services = options.services
    this.#metrics = options.metrics
    this.#exports = new Exports(options.services, options.log)
    this.#graphqlPath = options.graphqlPath
    this.#log = options.log
  }

  /** Returns false where the request is for GraphQL. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    if (isFromOtherSite(request)) {
      sendText(response, 403, 'Pages of other sites may not use this API.')
      return true
    }
    const path = (request.url ?? '/').split('?', 1)[0]
    switch (path) {
      case this.#graphqlPath:
        return false
      case '/healthz':
        sendText(response, 200, 'alive')
        break
      case '/readyz':
        void this.#sendReadiness(response)
        break
      case '/metrics':
        void this.#sendMetrics(response)
        break
      case '/':
        response.writeHead(302, { location: this.#graphqlPath }).end()
        break
      default:
        if (this.#exports.answer(request, response)) break
        sendText(response, 404, `There is nothing at this path; the API is at ${this.#graphqlPath}.`)
    }
    return true
  }

  async #sendReadiness(response: ServerResponse): Promise<void> {
    const found = await readiness(this.#services, this.#log)
    response.writeHead(found.ready ? 200 : 503, { 'content-type': 'application/json; charset=utf-8' })
    response.end(`${JSON.stringify(found)}\n`)
  }

  async #sendMetrics(response: ServerResponse): Promise<void> {
    try {
      const text = await this.#metrics.text()
      response.writeHead(200, { 'content-type': this.#metrics.contentType }).end(text)
    } catch (failure) {
      this.#log.error({ err: failure }, `the metrics could not be read: ${messageOf(failure)}`)
      sendText(response, 503, 'The metrics cannot be read; the log says why.')
    }
  }
}
