import { type Expression, expressionBuilder, type SqlBool } from 'kysely'
import type { Database } from './database.ts'
import { stringConditions, withOrAndNot } from './filter-logic.ts'
import type { CountryFilter, SiteFilter } from './filters.ts'

/** For a statement that selects from `countries`. */
export function countryMatches(filter: CountryFilter): Expression<SqlBool> {
  const eb = expressionBuilder<Database, 'countries'>()
  const own = [
    ...stringConditions(eb.ref('countries.name'), filter.name),
    ...stringConditions(eb.ref('countries.region'), filter.region),
  ]
  return withOrAndNot(filter, own, countryMatches)
}

/** For a statement that selects from `sites`. */
export function siteMatches(filter: SiteFilter): Expression<SqlBool> {
  const eb = expressionBuilder<Database, 'sites'>()
  const own = stringConditions(eb.ref('sites.name'), filter.name)
  if (filter.country) {
    const countries = eb.selectFrom('countries').select('countries.id').where(countryMatches(filter.country))
    own.push(eb('sites.country_id', 'in', countries))
  }
  return withOrAndNot(filter, own, siteMatches)
}
