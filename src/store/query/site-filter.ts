import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely'
import type { Database } from '../tables/database.ts'
import { type Criterion, EVERYTHING, withOrAndNot } from './criterion.ts'
import type { CountryFilter, SiteFilter } from './filters.ts'
import { textCriteria } from './text-criteria.ts'

// What a filter on countries leaves is few countries, but many sites and devices: hence the ranks.
const COUNTRY_RANKS = { name: { equal: 0, prefix: 1 }, region: { equal: 2, prefix: 3 } }
const SITE_RANKS = { name: { equal: 0, prefix: 1 }, country: 2 }

/** Whether the site is found by its name: of hardly more than one there are few devices. */
export const BY_SITE_NAME = SITE_RANKS.name.equal

/** For a statement that selects from `countries`. */
function countryCriterion(filter: CountryFilter): Criterion {
  const own = [
    ...textCriteria('countries.name', filter.name, COUNTRY_RANKS.name),
    ...textCriteria('countries.region', filter.region, COUNTRY_RANKS.region),
  ]
  return withOrAndNot(filter, own, countryCriterion)
}

/** For a statement that selects from `sites`. */
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

/** For a statement that selects from `countries`. */
export function matchingCountries(filter: CountryFilter): Expression<SqlBool> {
  return countryCriterion(filter).seek
}

/** For a statement that selects from `sites`: those that match are looked up. */
export function matchingSites(filter: SiteFilter): Expression<SqlBool> {
  return siteCriterion(filter).seek
}

/** For a statement that selects from `sites` and finds them otherwise: whether one matches. */
export function siteMatches(filter: SiteFilter): Expression<SqlBool> {
  return siteCriterion(filter).test
}
