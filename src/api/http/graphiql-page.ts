import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Worker } from 'node:worker_threads'
import { moduleUrl } from '../../base/module-url.ts'
import { isKnownToClient } from './http-caching.ts'
import { sendBytes } from './responses.ts'

/** The message in which the thread sends the page. */
export interface RenderedGraphiql {
  html: Uint8Array<ArrayBuffer>
  etag: string
  policy: string
}

const THREAD = moduleUrl('./graphiql-thread.ts', import.meta.url)

/** GraphiQL in one page of about 9 MB that loads nothing else, rendered when somebody first asks for it. */
export class GraphiqlPage {
  #page: Promise<RenderedGraphiql> | undefined

  /** Whether a browser requests a page rather than data. */
  static isAskedFor({ method, headers }: IncomingMessage): boolean {
    return (method === 'GET' || method === 'HEAD') && (headers.accept ?? '').includes('text/html')
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#page ??= renderInThread()
    const { html, etag, policy } = await this.#page
    const headers = { etag, 'cache-control': 'private, no-cache', vary: 'Accept, Accept-Encoding, Origin' }
    if (isKnownToClient(etag, request.headers)) {
      response.writeHead(304, headers).end()
      return
    }
    await sendBytes(request, response, html, {
      ...headers,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    })
  }
}

/** Rejects if the thread fails, which is a bug. */
async function renderInThread(): Promise<RenderedGraphiql> {
  const worker = new Worker(THREAD, { name: 'graphiql' })
  const [page] = await once(worker, 'message')
  return page as RenderedGraphiql
}
