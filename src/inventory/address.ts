import { isIP, isIPv6 } from 'node:net'
import { isGroupAddress, isUnspecifiedAddress } from '../base/special-addresses.ts'

/**
 * A label of RFC 1123 section 2.1, at most 63 characters. Underscores are allowed, because many name servers
 * have them.
 */
const HOST_LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i

/**
 * Resolvers read a name whose last label is a number, such as 10.0.0.300 or 0x7f.1, as an unusual or wrong
 * IPv4 address.
 */
const NUMBER_LABEL = /^(?:\d+|0x[0-9a-f]*)$/i

/** Words that inventories have in place of a missing address. */
const PLACEHOLDER = new RegExp(
  '^(?:null|none|nil|nan|n/a|na|undefined|unassigned|unknown|missing|empty|pending|reserved|' +
    'dhcp|dynamic|auto|tbd|tba|-+|\\?+)$',
  'i',
)

const MAPPED = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/

const NO_ADDRESS = { problem: 'which is neither an IPv4 or IPv6 address nor a host name' }

/** An address as it is stored, or what is wrong with the text, as the predicate of a sentence. */
export type ReadAddress = { address: string } | { problem: string }

/**
 * Reads the address of a device: an IPv4 address, an IPv6 address (no brackets, no zone) or a host name. The
 * prefix length of an interface address, as in `10.0.0.1/24`, is dropped. `::ffff:10.0.0.1` is read as
 * 10.0.0.1.
 */
export function readAddress(text: string): ReadAddress {
  if (PLACEHOLDER.test(text)) return { problem: 'which is a placeholder and no address' }
  const slash = text.indexOf('/')
  if (slash !== -1) return readInterfaceAddress(text.slice(0, slash), text.slice(slash + 1))
  if (isIP(text) === 0) return isHostName(text) ? { address: text } : NO_ADDRESS
  if (text.includes('%')) return NO_ADDRESS
  if (isUnspecifiedAddress(text)) return { problem: 'which stands for no device' }
  if (isGroupAddress(text)) return { problem: 'which stands for many devices (multicast or broadcast)' }
  return { address: mappedIPv4(text) ?? text }
}

/**
 * Returns the IPv4 address in an IPv4-mapped IPv6 address such as ::ffff:10.0.0.1 (RFC 4291 section 2.5.5.2);
 * else null.
 */
function mappedIPv4(address: string): string | null {
  const [, high, low] = MAPPED.exec(canonicalAddress(address)) ?? []
  if (high === undefined || low === undefined) return null
  const bytes = [high, low].flatMap((part) => [
    Number.parseInt(part, 16) >> 8,
    Number.parseInt(part, 16) & 255,
  ])
  return bytes.join('.')
}

function readInterfaceAddress(address: string, length: string): ReadAddress {
  const version = isIP(address)
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : Number.POSITIVE_INFINITY
  if (version === 0 || bits > (version === 4 ? 32 : 128)) return NO_ADDRESS
  if (version === 4 && isNetworkItself(address, bits)) {
    return { problem: 'which is a network or its broadcast address' }
  }
  return readAddress(address)
}

/**
 * Tells whether an address is the first or the last one of an IPv4 network. In networks of one or two
 * addresses, all are hosts (RFC 3021), and the first address of an IPv6 network is that of its routers (RFC
 * 4291 section 2.6.1).
 */
function isNetworkItself(address: string, length: number): boolean {
  const size = 2 ** (32 - length)
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const host = number % size
  return size > 2 && (host === 0 || host === size - 1)
}

/** Tells whether a text is a host name, and not a number that a resolver would read as an IPv4 address. */
function isHostName(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  const labels = name.split('.')
  if (name.length > 253 || NUMBER_LABEL.test(labels.at(-1) ?? '')) return false
  return labels.every((label) => HOST_LABEL.test(label))
}

/** Returns the canonical spelling of an address: equal addresses become equal texts. */
export function canonicalAddress(address: string): string {
  if (isIPv6(address)) return new URL(`ssh://[${address}]`).hostname
  return address.toLowerCase().replace(/\.$/, '')
}
