import type { IncomingMessage } from 'node:http'

const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * Whether a page of another site, open in the user's browser, sent the request. That the browser does not let such
 * a page read our answers keeps it neither from starting refreshes with a form nor from opening a WebSocket; and
 * where its own name was made to resolve to this machine (DNS rebinding), it could read them as well.
 */
export function isFromOtherSite({ headers }: IncomingMessage): boolean {
  // The gateway listens on loopback addresses only, so no other name is ours.
  const host = URL.parse(`http://${headers.host}`)
  if (host === null || !LOOPBACK_NAME.test(host.hostname)) return true
  // Browsers send it with every POST and WebSocket, other clients do not.
  return headers.origin !== undefined && URL.parse(headers.origin)?.host !== host.host
}
