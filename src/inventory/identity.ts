/** What makes two records the same device: its name, within its site, within its country. */
export interface DeviceIdentity {
  country: string
  site: string
  name: string
}

/** A key for maps. Checked names hold no control characters, so the parts cannot run into each other. */
export function identityKey({ country, site, name }: DeviceIdentity): string {
  return `${country}\n${site}\n${name}`
}
