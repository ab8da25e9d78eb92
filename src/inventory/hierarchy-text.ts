import type { InventoryRecord } from './record.ts'

/**
 * Writes the hierarchy `{country: {site: {device: address}}}` as JSON, piece by piece. If it is read as an
 * inventory, the other fields of the devices keep their values. /
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
