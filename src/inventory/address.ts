import { isIP, isIPv6 } from 'node:net'

/** RFC 1123 section 2.1: letters, digits and inner hyphens, 63 at most. */
const HOST_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/** Resolvers read a name whose last label is a number, such as 10.0.0.300 or 0x7f.1, as a mistaken or odd IPv4 address. */
const NUMBER_LABEL = /^(?:\d+|0x[0-9a-f]*)$/i

/** Whether this is an IPv4 address, an IPv6 address (no brackets, no zone) or a host name (RFC 1123). */
export function isAddress(text: string): boolean {
  if (isIP(text) !== 0) return !text.includes('%')
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  const labels = name.split('.')
  if (name.length > 253 || NUMBER_LABEL.test(labels.at(-1) ?? '')) return false
  return labels.every((label) => HOST_LABEL.test(label))
}

/** The one spelling under which equal addresses are equal texts. */
export function canonicalAddress(address: string): string {
  if (isIPv6(address)) return new URL(`ssh://[${address}]`).hostname
  return address.toLowerCase().replace(/\.$/, '')
}
