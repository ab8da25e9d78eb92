import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import { GRAPHIQL_TABS } from './graphiql-tabs.ts'
import { entityTag, isKnownToClient } from './http-caching.ts'
import { sendBytes } from './responses.ts'

interface Page {
  html: Buffer
  etag: string
  policy: string
}

/** GraphiQL in one page of about 9 MB that loads nothing else. */
export class GraphiqlPage {
  #page: Page | undefined

  /** Whether a browser requests a page rather than data. */
  static isAskedFor({ method, headers }: IncomingMessage): boolean {
    return (method === 'GET' || method === 'HEAD') && (headers.accept ?? '').includes('text/html')
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#page ??= renderPage()
    const { html, etag, policy } = this.#page
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

function renderPage(): Page {
  const html = renderGraphiQL({
    title: 'Rollcall',
    // A token is entered there.
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
    schemaDescription: true,
    defaultTabs: GRAPHIQL_TABS,
  })
  return { html: Buffer.from(html), etag: entityTag(html), policy: policyOf(html) }
}

/** Allows only the page's own script and its workers, and connections only to this server. */
function policyOf(html: string): string {
  const begin = html.indexOf('<script>', html.indexOf('id="root"')) + '<script>'.length
  const script = html.slice(begin, html.lastIndexOf('</script>'))
  const hash = createHash('sha256').update(script).digest('base64')
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    'worker-src blob:',
    // The editor sets inline styles.
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
