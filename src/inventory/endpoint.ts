import { canonicalAddress } from './address.ts'

/** Where a device is reached: equal texts for equal addresses and ports, readable by a person. */
export function endpointOf({ address, port }: { address: string; port: number }): string {
  return `${canonicalAddress(address)} port ${port}`
}
