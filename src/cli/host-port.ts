import { isIPv6 } from 'node:net'
import { RollcallError } from '../base/errors.ts'

const BRACKETED = /^\[([^\]]+)\](?::(\d{1,5}))?$/
const PLAIN = /^([^:\s]+)(?::(\d{1,5}))?$/

/** Takes `host`, `host:port`, `[IPv6]:port` or a bare IPv6 address apart. Throws USAGE for anything else. */
export function parseHostPort(text: string, defaultPort: number): { host: string; port: number } {
  if (isIPv6(text)) return { host: text, port: defaultPort }
  const match = BRACKETED.exec(text) ?? PLAIN.exec(text)
  const [, host, portText] = match ?? []
  const port = portText === undefined ? defaultPort : Number(portText)
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port }
  throw new RollcallError(
    'USAGE',
    `"${text}" is not a host; give a name or an address, with :PORT from 1 to 65535 where it is not ${defaultPort}.`,
  )
}
