import { type Expression, expressionBuilder, type SqlBool } from 'kysely'
import type { Database } from '../tables/database.ts'
import { relatedRowMeets } from '../tables/per-dialect.ts'
import { type Criterion, EVERYTHING, withOrAndNot } from './criterion.ts'
import { type CountryFilter, hasAtMost, MAX_JOINED_OBJECTS, type SiteFilter } from './filters.ts'
import { textCriteria } from './text-criteria.ts'

// A filter on countries selects few countries, but many sites and devices: hence the ranks.
const COUNTRY_RANKS = { name: { equal: 0, prefix: 1 }, region: { equal: 2, prefix: 3 } }
const SITE_RANKS = { name: { equal: 0, prefix: 1 }, country: 2 }

/** The rank of a site that is found by its name; it is hardly more than one site, so it has few devices. */
export const BY_SITE_NAME = SITE_RANKS.name.equal

/** Compiles a filter for a statement that selects from `countries`. */
function countryCriterion(filter: CountryFilter): Criterion {
  const own = [
    ...textCriteria('countries.name', filter.name, COUNTRY_RANKS.name),
    ...textCriteria('countries.region', filter.region, COUNTRY_RANKS.region),
  ]
  return withOrAndNot(filter, own, countryCriterion)
}

/**
 * Compiles a filter for a statement that selects from `sites`.
 *
 * @param isJoined see `relatedRowMeets`
 */
export function siteCriterion(
  filter: SiteFilter,
  isJoined = hasAtMost(MAX_JOINED_OBJECTS, filter),
): Criterion {
  const own = textCriteria('sites.name', filter.name, SITE_RANKS.name)
  const country = filter.country ? countryCriterion(filter.country) : EVERYTHING
  if (country !== EVERYTHING) own.push(inCountry(country, isJoined))
  return withOrAndNot(filter, own, (part) => siteCriterion(part, isJoined))
}

const COUNTRY_OF_SITE = {
  table: 'countries',
  key: 'countries.id',
  of: 'sites.country_id',
  isSmall: true,
} as const

function inCountry({ seek, test }: Criterion, isJoined: boolean): Criterion {
  const eb = expressionBuilder<Database, 'sites'>()
  const countries = eb.selectFrom('countries').select('countries.id').where(seek)
  return {
    seek: eb('sites.country_id', 'in', countries),
    test: relatedRowMeets(COUNTRY_OF_SITE, test, isJoined),
    rank: SITE_RANKS.country,
  }
}

/** Returns a condition that finds the matching countries, for a statement that selects from `countries`. */
export function matchingCountries(filter: CountryFilter): Expression<SqlBool> {
  return countryCriterion(filter).seek
}

/**
 * Returns a condition, for a statement that selects from `sites`, that finds the matching ones through an
 * index.
 */
export function matchingSites(filter: SiteFilter): Expression<SqlBool> {
  return siteCriterion(filter).seek
}

/** Returns a condition that tests sites which the statement finds in another way. */
export function siteMatches(filter: SiteFilter): Expression<SqlBool> {
  return siteCriterion(filter).test
}
