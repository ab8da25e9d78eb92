import { canonicalAddress } from './address.ts'

/** Returns the address and port of a device as one readable text. Equal endpoints become equal texts. */
export function endpointOf({ address, port }: { address: string; port: number }): string {
  return `${canonicalAddress(address)} port ${port}`
}
