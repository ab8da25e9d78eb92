import { ITEMS_PER_STEP, type Steps } from '../base/turns.ts'
import { countryCode } from './country-code.ts'
import type { KnownDevice } from './diff.ts'
import { plainText } from './plain-text.ts'
import type { Inventory, InventoryRecord } from './record.ts'

/** The most warnings that are listed. */
const MAX_WARNINGS = 20

type Place = Pick<InventoryRecord, 'country' | 'site'>

/**
 * Returns warnings about an inventory that is accepted, in sentences: that it is empty, that a field is not
 * read because of the case of its name, or that two names seem to mean the same country or site.
 *
 * @param records the records of the source, without those of devices that belong to others
 */
export function* warningsOf(
  given: Inventory,
  {
    records,
    known,
    source,
  }: { records: readonly InventoryRecord[]; known: readonly KnownDevice[]; source: string },
): Steps<string[]> {
  if (given.records.length + given.rejected.length === 0) {
    return [
      'The source gave no records. If it should have some, ' +
        'see what its login may read and what its filter leaves.',
    ]
  }
  const own = yield* sitesByCountry(records)
  const others = known.filter((device) => device.lifecycle === 'ACTIVE' && device.source !== source)
  const all = yield* sitesByCountry(others, yield* sitesByCountry(records))
  const warnings = [...unreadFields(given), ...countriesAlike(own, [...all.keys()]), ...sitesAlike(own, all)]
  const more = warnings.length - MAX_WARNINGS
  return more > 0
    ? [...warnings.slice(0, MAX_WARNINGS), `There are ${more} more warnings of this kind.`]
    : warnings
}

/** Returns a sentence for each name in the records that is not read because of its case. */
export function unreadFields({ unread = [], partial }: Inventory): string[] {
  return unread.map(({ given, field, read }) => {
    const [name, wanted] = [JSON.stringify(given), JSON.stringify(read)]
    // The nested form has the names of the fields.
    const advice = partial ? '' : `, or set \`fields: { ${field}: ${name} }\` for the source`
    return `${name} is not read: the name for the ${field} is ${wanted}. Rename it${advice}.`
  })
}

type Sites = Map<string, Set<string>>

function* sitesByCountry(places: readonly Place[], sites: Sites = new Map()): Steps<Sites> {
  for (const [index, { country, site }] of places.entries()) {
    if (index % ITEMS_PER_STEP === 0) yield
    const ofCountry = sites.get(country)
    if (ofCountry) ofCountry.add(site)
    else sites.set(country, new Set([site]))
  }
  return sites
}

function countriesAlike(own: Sites, countries: readonly string[]): string[] {
  if (countries.length < 2) return []
  const groups = Map.groupBy(countries, (country) => countryCode(country) ?? plainText(country).toLowerCase())
  return [...groups].flatMap(([key, names]) => {
    if (names.length < 2 || !names.some((name) => own.has(name))) return []
    const alike =
      countryCode(names[0] ?? '') === null ? 'differ only in case' : `have the same ISO code, ${key}`
    return [
      `The countries ${listOf(names)} ${alike}. Name them alike in the source or in its "countryAliases".`,
    ]
  })
}

function* sitesAlike(own: Sites, all: Sites): Generator<string> {
  for (const [country, ownSites] of own) {
    const groups = Map.groupBy(all.get(country) ?? [], (site) => plainText(site).toLowerCase())
    for (const names of groups.values()) {
      if (names.length < 2 || !names.some((name) => ownSites.has(name))) continue
      yield `The sites ${listOf(names)} of ${country} differ only in case. Name them alike in the source.`
    }
  }
}

/** `"a", "b" and "c"`. */
function listOf(names: readonly string[]): string {
  const quoted = names.map((name) => JSON.stringify(name))
  return `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`
}
