import { HELLO_TEMPLATES, type HelloTemplate } from './hellos.ts'
import { COUNTRIES, type Country } from './places.ts'

/** A simulated device before it has an address. */
export interface RosterEntry {
  name: string
  site: string
  country: string
  region: string
  hello: HelloTemplate
}

const DEVICES_PER_SITE = 10
const SITES_PER_COUNTRY = 5
const ROLES = ['core', 'core', 'edge', 'edge', 'agg', 'agg', 'acc', 'acc', 'fw', 'oob'] as const

/**
 * Returns the devices of a fleet, site by site. The same count gives the same devices, so that a database
 * recognises them when the fleet is started again. /
 */
export function drawRoster(count: number): RosterEntry[] {
  const sites = Math.ceil(count / DEVICES_PER_SITE)
  const countries = COUNTRIES.slice(0, Math.max(1, Math.ceil(sites / SITES_PER_COUNTRY)))
  return Array.from({ length: count }, (_, index) => {
    const site = siteAt(Math.floor(index / DEVICES_PER_SITE), countries)
    const place = index % DEVICES_PER_SITE
    const role = ROLES[place] ?? ROLES[0]
    const number = 1 + ROLES.slice(0, place).filter((earlier) => earlier === role).length
    return {
      name: `${site.code}-${role}-0${number}`,
      site: site.name,
      country: site.country.name,
      region: site.country.region,
      hello: at(HELLO_TEMPLATES, scatter(index)),
    }
  })
}

function siteAt(
  index: number,
  countries: readonly Country[],
): { name: string; code: string; country: Country } {
  const country = at(countries, index)
  const withinCountry = Math.floor(index / countries.length)
  const city = at(country.cities, withinCountry)
  const number = 1 + Math.floor(withinCountry / country.cities.length)
  if (number === 1) return { name: city.name, code: city.code, country }
  return { name: `${city.name} ${number}`, code: `${city.code}${number}`, country }
}

/** Returns a number without a visible pattern, the same for the same index (Knuth's multiplicative hash). */
function scatter(index: number): number {
  return Math.imul(index + 1, 2654435761) >>> 8
}

/** Returns the entry at an index that wraps around. */
function at<T>(list: readonly T[], index: number): T {
  const entry = list[index % list.length]
  if (entry === undefined) throw new Error('The list is empty.')
  return entry
}
