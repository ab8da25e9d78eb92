import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely'
import type { Database } from '../tables/database.ts'
import { type Criterion, EVERYTHING, withOrAndNot } from './criterion.ts'
import type { CountryFilter, SiteFilter } from './filters.ts'
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

/** Compiles a filter for a statement that selects from `sites`. */
export function siteCriterion(filter: SiteFilter): Criterion {
  const own = textCriteria('sites.name', filter.name, SITE_RANKS.name)
  const country = filter.country ? countryCriterion(filter.country) : EVERYTHING
  if (country !== EVERYTHING) own.push(inCountry(country))
  return withOrAndNot(filter, own, siteCriterion)
}

function inCountry({ seek, test }: Criterion): Criterion {
  const eb = expressionBuilder<Database, 'sites'>()
  const countries = eb.selectFrom('countries').select('countries.id').where(seek)
  return {
    seek: eb('sites.country_id', 'in', countries),
    test: sql<SqlBool>`(select ${test} from countries where countries.id = sites.country_id)`,
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
