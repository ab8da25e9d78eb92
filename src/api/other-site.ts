import type { IncomingMessage } from 'node:http'

/**
 * Whether a page of another site, open in the user's browser, sent the request. That the browser does not let such
 * a page read our answers keeps it neither from starting refreshes with a form nor from opening a WebSocket.
 */
export function isFromOtherSite({ headers }: IncomingMessage): boolean {
  // Browsers send it with every POST and WebSocket, other clients do not.
  if (headers.origin === undefined) return false
  return URL.parse(headers.origin)?.host !== headers.host
}
