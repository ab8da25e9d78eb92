import { createHash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { RenderedGraphiql } from './graphiql-page.ts'
import { GRAPHIQL_TABS } from './graphiql-tabs.ts'
import { entityTag } from './http-caching.ts'

// The main file of a thread that `GraphiqlPage` starts. The library is one text of 9 million characters, and
// the thread that imports it keeps several copies, 35 MB in all.

const text = renderGraphiQL({
  title: 'Rollcall',
  // A token is entered there.
  isHeadersEditorEnabled: true,
  shouldPersistHeaders: false,
  schemaDescription: true,
  defaultTabs: GRAPHIQL_TABS,
})
const html = new TextEncoder().encode(text)
const page: RenderedGraphiql = { html, etag: entityTag(html), policy: policyOf(text) }
parentPort?.postMessage(page, [html.buffer])

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
