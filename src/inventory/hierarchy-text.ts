import type { InventoryRecord } from './record.ts'

/**
 * Writes the hierarchy `{country: {site: {device: address}}}` as JSON, piece by piece. In place of an address stands an object
 * where there is more to say: `{address, port, platform, credential, key}`, what is null or the default being left
 * out; the first device of a country also tells the country's `region`. An inventory that is read from it has the records
 * that were written.
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
    if (last?.country === country && last.site === site)
      return `,\n      ${JSON.stringify(name)}: ${this.#device(record, false)}`
    const isSameCountry = last?.country === country
    const device = `\n      ${JSON.stringify(name)}: ${this.#device(record, !isSameCountry)}`
    if (isSameCountry) return `\n    },\n    ${JSON.stringify(site)}: {${device}`
    const before = last === null ? '{' : '\n    }\n  },'
    return `${before}\n  ${JSON.stringify(country)}: {\n    ${JSON.stringify(site)}: {${device}`
  }

  #device(record: InventoryRecord, tellsRegion: boolean): string {
    const { address, port, platform, credential, key, region } = record
    const more = {
      port: port === this.#defaultPort ? null : port,
      platform,
      credential,
      key,
      region: tellsRegion ? region : null,
    }
    const said = Object.entries(more).filter(([, value]) => value !== null)
    return JSON.stringify(said.length === 0 ? address : { address, ...Object.fromEntries(said) })
  }
}
