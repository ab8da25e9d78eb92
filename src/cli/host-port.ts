import { isIPv6 } from 'node:net'
import { RollcallError } from '../base/errors.ts'
import { readAddress } from '../inventory/address.ts'

const BRACKETED = /^\[([^\]]+)\](?::(\d{1,5}))?$/
const PLAIN = /^([^:\s]+)(?::(\d{1,5}))?$/

interface HostPort {
  host: string
  port: number
  /** Whether the text names the port. */
  isGiven: boolean
}

/**
 * Parses `host`, `host:port`, `[IPv6]:port` or a bare IPv6 address. Throws USAGE for anything else, and for
 * addresses that are not accepted in an inventory either.
 */
export function parseHostPort(text: string, defaultPort: number): HostPort {
  const match = isIPv6(text) ? [text, text] : (BRACKETED.exec(text) ?? PLAIN.exec(text) ?? [])
  const [, named, portText] = match
  const port = portText === undefined ? defaultPort : Number(portText)
  if (named === undefined || port < 1 || port > 65_535) {
    throw new RollcallError(
      'USAGE',
      `"${text}" is not a host; give a name or an address, ` +
        `with :PORT from 1 to 65535 if it is not ${defaultPort}.`,
    )
  }
  // The zone of a link-local address is valid on this machine, where the command runs.
  const [address = '', zone] = named.split('%')
  const read = readAddress(address)
  if ('problem' in read) {
    throw new RollcallError('USAGE', `The host is "${named}", ${read.problem}; give the address of a device.`)
  }
  return { host: zone === undefined ? read.address : named, port, isGiven: portText !== undefined }
}
