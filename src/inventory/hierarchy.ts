import { isObject } from './parsed-values.ts'

/**
 * `{country: {site: {device: address}}}`, the form that `export hierarchy` writes. In place of an address may stand an object
 * with the fields of a record that the levels do not give: `{address, port, platform, credential, key, region}`.
 */
export type Hierarchy = Record<string, unknown>

/** A device as a raw record with the field names of `InventoryRecord`, or a place under which no devices stand, and why. */
export type HierarchyEntry =
  | { raw: Record<string, unknown> }
  | { place: { country: string; site?: string }; reason: string }

/**
 * Whether this has the hierarchy's two outer levels somewhere, or is one without sites. What else stands in it is
 * for the record's check to judge.
 */
export function isHierarchy(value: unknown): value is Hierarchy {
  if (!isObject(value)) return false
  const countries = Object.values(value)
  const hasSite = (country: unknown) => isObject(country) && Object.values(country).some(isObject)
  return countries.some(hasSite) || countries.every((country) => isObject(country) && isEmpty(country))
}

/** The devices of a hierarchy in their order. */
export function* flattenHierarchy(hierarchy: Hierarchy): Generator<HierarchyEntry> {
  for (const [country, sites] of Object.entries(hierarchy)) {
    if (!isObject(sites)) {
      yield { place: { country }, reason: `Under "${country}" stands no mapping of sites.` }
      continue
    }
    for (const [site, devices] of Object.entries(sites)) {
      if (!isObject(devices)) {
        const reason = `Under "${country}", "${site}" stands no mapping of devices to their addresses.`
        yield { place: { country, site }, reason }
        continue
      }
      for (const [name, device] of Object.entries(devices)) {
        const fields = isObject(device) ? device : { address: device }
        // What the levels say counts, whatever the object says besides.
        yield { raw: { ...fields, country, site, name } }
      }
    }
  }
}

function isEmpty(map: Record<string, unknown>): boolean {
  return Object.keys(map).length === 0
}
