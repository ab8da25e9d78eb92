import { canonicalAddress } from './address.ts'
import { plainText } from './plain-text.ts'

/** The identity of a device: two records with the same country, site and name are the same device. */
export interface DeviceIdentity {
  country: string
  site: string
  name: string
}

/**
 * Returns an identity as a key for maps. Names have no control characters, so different identities have
 * different keys. Names that were stored before they were normalised have the key of their normalised form.
 */
export function identityKey({ country, site, name }: DeviceIdentity): string {
  return `${plainText(country)}\n${plainText(site)}\n${plainText(name)}`
}

/** Returns the address and port of a device as one readable text. Equal endpoints become equal texts. */
export function endpointOf({ address, port }: { address: string; port: number }): string {
  return `${canonicalAddress(address)} port ${port}`
}
