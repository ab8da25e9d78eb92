import { type Kysely, sql } from 'kysely'
import type { Database } from '../tables/database.ts'
import type { SiteFilter } from './filters.ts'
import { type Direction, type Order, withoutIndex } from './page.ts'
import { isSelective } from './selectivity.ts'
import { matchingSites, siteMatches } from './site-filter.ts'

export interface SiteOrder {
  /** COUNTRY and DEVICES, the number of active devices, then sort by the site's name. */
  field: 'NAME' | 'COUNTRY' | 'DEVICES'
  direction: Direction
}

/** Plans a page as `planDevicePage` does: few matches are sorted, many are scanned in order. */
export async function planSitePage(
  db: Kysely<Database>,
  filter: SiteFilter,
  { field, direction }: SiteOrder,
) {
  const order: Order = { name: `sites by ${field}`, direction, ...keysOf(field) }
  const matching = matchingSites(filter)
  const selective = await isSelective(db, 'sites', matching)
  const isByCountry = field === 'COUNTRY' && !selective
  const sites = isByCountry
    ? db.selectFrom('countries').crossJoin('sites')
    : db.selectFrom('sites').crossJoin('countries')
  return {
    sites: sites.whereRef('sites.country_id', '=', 'countries.id'),
    order: selective ? withoutIndex(order) : order,
    condition: selective ? matching : siteMatches(filter),
  }
}

function keysOf(field: SiteOrder['field']): Pick<Order, 'keys' | 'outerKeys'> {
  const name = sql.ref('sites.name')
  const id = sql.ref('sites.id_key')
  switch (field) {
    case 'NAME':
      return { keys: [name, id] }
    case 'COUNTRY':
      return { keys: [sql.ref('countries.name'), name], outerKeys: 1 }
    case 'DEVICES':
      return { keys: [sql.ref('sites.active_devices'), name, id] }
  }
}
