import type { InventoryRecord } from './record.ts'

/**
 * Writes the hierarchy `{country: {site: {device: address}}}` as JSON, piece by piece. In place of an address stands
 * `{address, port}` where the port is not the default. It says no more than that, and as an inventory it leaves the
 * rest as it is known.
 */
export class HierarchyText {
  readonly #defaultPort: number
  #last: InventoryRecord | null = null

  /** @param defaultPort of devices that stand there without a port */
  constructor(defaultPort: number) {
    this.#defaultPort = defaultPort
  }

  /** The text that goes on with these records; all together must be sorted by country and site. */
  add(records: Iterable<InventoryRecord>): string {
    let text = ''
    for (const record of records) {
      text += this.#opening(record)
      this.#last = record
    }
    return text
  }

  /** The rest of the text. */
  end(): string {
    return this.#last === null ? '{}\n' : '\n    }\n  }\n}\n'
  }

  #opening(record: InventoryRecord): string {
    const { country, site, name } = record
    const last = this.#last
    const device = `\n      ${JSON.stringify(name)}: ${this.#device(record)}`
    if (last?.country === country && last.site === site) return `,${device}`
    if (last?.country === country) return `\n    },\n    ${JSON.stringify(site)}: {${device}`
    const before = last === null ? '{' : '\n    }\n  },'
    return `${before}\n  ${JSON.stringify(country)}: {\n    ${JSON.stringify(site)}: {${device}`
  }

  #device({ address, port }: InventoryRecord): string {
    return JSON.stringify(port === this.#defaultPort ? address : { address, port })
  }
}
