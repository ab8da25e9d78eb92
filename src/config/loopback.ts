import { isIPv4 } from 'node:net'

/** Whether what listens on a host, an address or a name without brackets, is reached from its own machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
