import { isObject } from './parsed-values.ts'
import type { InventoryRecord } from './record.ts'

/**
 * The form `{country: {site: {device: address}}}`, which `export hierarchy` writes. In place of an address it
 * may have an object with the other fields of a record: `{address, port, platform, credential, key, region}`.
 */
export type Hierarchy = Record<string, unknown>

/**
 * A device as a raw record with the field names of `InventoryRecord`, or a place that has no devices, with
 * the reason.
 */
export type HierarchyEntry =
  | { raw: Record<string, unknown> }
  | { place: { country: string; site?: string }; reason: string }

/**
 * Tells whether a value is a hierarchy: somewhere it has the two outer levels, or it has countries without
 * sites. The rest is left to the check of the records.
 */
export function isHierarchy(value: unknown): value is Hierarchy {
  if (!isObject(value)) return false
  const countries = Object.values(value)
  const hasSite = (country: unknown) => isObject(country) && Object.values(country).some(isObject)
  return countries.some(hasSite) || countries.every((country) => isObject(country) && isEmpty(country))
}

/** Returns the devices of a hierarchy in their order. */
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
        // The levels take precedence over fields of the object.
        yield { raw: { ...fields, country, site, name } }
      }
    }
  }
}

function isEmpty(map: Record<string, unknown>): boolean {
  return Object.keys(map).length === 0
}

/**
 * Writes the hierarchy `{country: {site: {device: address}}}` as JSON, piece by piece. If it is read as an
 * inventory, the other fields of the devices keep their values.
 */
export class HierarchyText {
  #last: InventoryRecord | null = null

  /** Returns the next piece of text. All records together must be sorted by country and site. */
  add(records: Iterable<InventoryRecord>): string {
    let text = ''
    for (const record of records) {
      text += this.#opening(record)
      this.#last = record
    }
    return text
  }

  /** Returns the last piece of text. */
  end(): string {
    return this.#last === null ? '{}\n' : '\n    }\n  }\n}\n'
  }

  #opening(record: InventoryRecord): string {
    const { country, site, name, address } = record
    const last = this.#last
    const device = `\n      ${JSON.stringify(name)}: ${JSON.stringify(address)}`
    if (last?.country === country && last.site === site) return `,${device}`
    if (last?.country === country) return `\n    },\n    ${JSON.stringify(site)}: {${device}`
    const before = last === null ? '{' : '\n    }\n  },'
    return `${before}\n  ${JSON.stringify(country)}: {\n    ${JSON.stringify(site)}: {${device}`
  }
}
