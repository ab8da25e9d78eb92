/** `{country: {site: {device: address}}}`, the form that `export hierarchy` writes. */
export type Hierarchy = Record<string, Record<string, unknown>>

/** Whether this has the hierarchy's two outer levels; what stands in a site is for the record's check to judge. */
export function isHierarchy(value: unknown): value is Hierarchy {
  return isMap(value) && Object.values(value).every(isMap)
}

/** The devices of a hierarchy as raw records with the field names of `InventoryRecord`, in their order. */
export function* flattenHierarchy(hierarchy: Hierarchy): Generator<Record<string, unknown>> {
  for (const [country, sites] of Object.entries(hierarchy)) {
    for (const [site, devices] of Object.entries(sites)) {
      if (!isMap(devices)) {
        // Not a map of devices: a record without a name, which the check rejects with its country and site.
        yield { country, site, devices }
        continue
      }
      for (const [name, address] of Object.entries(devices)) yield { country, site, name, address }
    }
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
