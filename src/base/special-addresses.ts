import { BlockList, isIPv4 } from 'node:net'

/** Each list also holds the IPv6 spellings of its IPv4 addresses, such as ::ffff:0.0.0.0. */
const unspecified = new BlockList()
// RFC 1122 section 3.2.1.3: 0.0.0.0/8 stands for hosts of "this network" and is never a destination.
unspecified.addSubnet('0.0.0.0', 8, 'ipv4')
unspecified.addAddress('::', 'ipv6')

const groups = new BlockList()
groups.addSubnet('224.0.0.0', 4, 'ipv4')
groups.addAddress('255.255.255.255', 'ipv4')
groups.addSubnet('ff00::', 8, 'ipv6')

/**
 * Tells whether an IP address means "none" or "any". A connection to 0.0.0.0 or :: would go to this machine
 * itself.
 */
export function isUnspecifiedAddress(address: string): boolean {
  return isIn(unspecified, address)
}

/** Tells whether an IP address belongs to many hosts: multicast, or the broadcast address. */
export function isGroupAddress(address: string): boolean {
  return isIn(groups, address)
}

function isIn(list: BlockList, address: string): boolean {
  if (isIPv4(address)) return list.check(address, 'ipv4')
  // Resolvers return link-local addresses with a zone.
  return list.check(address.replace(/%.*$/, ''), 'ipv6')
}
