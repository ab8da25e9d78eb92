import { plainText } from './plain-text.ts'

/** What makes two records the same device: its name, within its site, within its country. */
export interface DeviceIdentity {
  country: string
  site: string
  name: string
}

/**
 * A key for maps. Checked names hold no control characters, so the parts cannot run into each other. Devices that were
 * stored before names were normalised have the key of their normalised names.
 */
export function identityKey({ country, site, name }: DeviceIdentity): string {
  return `${plainText(country)}\n${plainText(site)}\n${plainText(name)}`
}
