import { isIPv4 } from 'node:net'
import { z } from 'zod'

const EXAMPLE = 'the https:// URL of a server'

/**
 * Where a source is fetched from. Only HTTPS, and HTTP to this machine alone: what comes back says where credentials are
 * sent, and the login goes along with the request.
 */
export const serverUrl = urlOfServer(
  'holds a login, and would keep a secret in this file; name it with "username" and "passwordEnv", or "tokenEnv", instead',
)

/** The URL of a server that must be who it says it is; `loginProblem` says what to do about a login in it. */
export function urlOfServer(loginProblem: string) {
  return z.string(EXAMPLE).transform((given, context): URL => {
    const complain = (message: string, predicate: boolean) => {
      context.issues.push({ code: 'custom', message, input: given, params: { predicate } })
      return z.NEVER
    }
    const url = URL.canParse(given) ? new URL(given) : null
    if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return complain(EXAMPLE, false)
    if (url.username !== '' || url.password !== '') return complain(loginProblem, true)
    if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
      return complain('is not encrypted, which only a server on this machine may be; use https://', true)
    }
    url.hash = ''
    return url
  })
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
}
