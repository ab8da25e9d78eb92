import {
  type Expression,
  type Kysely,
  type Selectable,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely'
import type { Database } from '../tables/database.ts'
import { COUNTRY_OF_SITE, perDialect } from '../tables/per-dialect.ts'
import {
  deviceMatches,
  filtersSitesOnly,
  isEverything,
  isTestedInIndex,
  matchingDevices,
  selectMatching,
} from './device-filter.ts'
import { countDevices } from './device-summary.ts'
import type { DeviceFilter, SiteFilter } from './filters.ts'
import { type Direction, type Order, type PageCondition, withoutIndex } from './page.ts'
import { matchingSites, siteMatches } from './site-filter.ts'

/**
 * The most rows that are found through their own index and then sorted: a few milliseconds. If more rows
 * match, a scan in the order of the page finds enough of them soon: after 25,000 of a million rows, if they
 * are spread evenly.
 */
export const MAX_SELECTED = 4_000

/**
 * The most devices of some sites that PostgreSQL sorts by name, all from one index. Names often tell the
 * site, so that the devices of a country may all be far from the beginning of the list.
 */
const MAX_SORTED_BY_NAME = 40_000

/** Counts the rows that the query finds, up to one more than `MAX_SELECTED`. */
async function countFew<TB extends keyof Database>(
  db: Kysely<Database>,
  query: SelectQueryBuilder<Database, TB, object>,
): Promise<number> {
  const found = query.select(({ lit }) => lit(1).as('one')).limit(MAX_SELECTED + 1)
  const { count } = await db
    .selectFrom(found.as('found'))
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

export interface DeviceOrder {
  /**
   * SITE sorts by the site's name, COUNTRY by the country's and then the site's; both then sort by the
   * device's name. Sites of the same name are not mixed. Devices that are equal in another field are in the
   * order of their ids.
   */
  field: 'NAME' | 'ADDRESS' | 'SITE' | 'COUNTRY' | 'LAST_PROBED_AT' | 'LAST_SEEN_AT'
  direction: Direction
}

/** Orders for which `sites` and `countries` are joined. */
type PlaceField = 'SITE' | 'COUNTRY'

export function isPlaceField(field: DeviceOrder['field']): field is PlaceField {
  return field === 'SITE' || field === 'COUNTRY'
}

/**
 * How to read a page: few matches are found and sorted; for many, an index is scanned in order until the page
 * is full.
 */
export interface DevicePlan {
  selective: boolean
  field: DeviceOrder['field']
  order: Order
  condition: PageCondition
}

export async function planDevicePage(
  db: Kysely<Database>,
  filter: DeviceFilter,
  orderBy: DeviceOrder,
): Promise<DevicePlan> {
  const { field } = orderBy
  const order = orderOfDevices(orderBy)
  const matching = matchingDevices(filter)
  const isAtSites = filtersSitesOnly(filter)
  // The sites have the numbers of their devices.
  const count = isEverything(filter)
    ? Number.POSITIVE_INFINITY
    : await (isAtSites ? countDevices(db, filter) : countFew(db, selectMatching(db, filter)))
  if (count <= MAX_SELECTED) {
    return { selective: true, field, order: withoutIndex(order), condition: foundFirst(matching) }
  }
  if (isPlaceField(field)) {
    return { selective: false, field, order, condition: deviceMatches(filter, { site: 'JOINED' }) }
  }
  const { column, from } = orderIndexOf(field)
  const matches = deviceMatches(filter, { site: 'LIST', indexColumn: column })
  // No value is below `from`. The bound makes SQLite scan this index, not the table, and must be the last
  // one.
  const condition = sql<SqlBool>`${matches} and ${sql.ref(column)} >= ${from}`
  const plan = { selective: false, field, order }
  if (isAtSites && field === 'NAME' && count <= MAX_SORTED_BY_NAME) {
    return { ...plan, condition: foundInIndex(db, { sqlite: condition, postgres: matching, isSorted: true }) }
  }
  if (isEverything(filter) || !isTestedInIndex(filter, column)) return { ...plan, condition }
  return { ...plan, condition: foundInIndex(db, { sqlite: condition, postgres: condition }) }
}

/**
 * PostgreSQL looks up the ids first, mostly in an index alone. Otherwise it would read all devices for a
 * condition that it takes to find many.
 */
function foundFirst(matching: Expression<SqlBool>): Expression<SqlBool> {
  return perDialect<SqlBool>({
    sqlite: () => matching,
    postgres: () => sql`devices.id = any(array(select devices.id_key from devices where ${matching}))`,
  })
}

/**
 * PostgreSQL finds the ids of the page in one index alone. Otherwise it would read the row of each device
 * that it passes over.
 *
 * @param isSorted whether PostgreSQL finds all that match and sorts them, in place of a scan in the order
 */
function foundInIndex(
  db: Kysely<Database>,
  matches: { sqlite: Expression<SqlBool>; postgres: Expression<SqlBool>; isSorted?: boolean },
): PageCondition {
  return (slice) =>
    perDialect<SqlBool>({
      sqlite: () => matches.sqlite,
      postgres: () => {
        const part = matches.isSorted ? slice.withoutIndex() : slice
        const ids = part.of(db.selectFrom('devices').select('devices.id_key')).where(matches.postgres)
        return sql`devices.id = any(array${ids})`
      },
    })
}

/** Joins the tables for an order by place. In SQLite, a cross join fixes the order of the tables. */
export function devicesAtPlaces(db: Kysely<Database>, { selective, field }: DevicePlan) {
  if (field === 'SITE') {
    const devices = selective
      ? db.selectFrom('devices').crossJoin('sites')
      : db.selectFrom('sites').crossJoin('devices')
    return devices.whereRef('devices.site_id', '=', 'sites.id')
  }
  const devices = selective
    ? db.selectFrom('devices').crossJoin('sites').crossJoin(COUNTRIES)
    : db.selectFrom(COUNTRIES).crossJoin('sites').crossJoin('devices')
  return devices.where(IS_COUNTRY_OF_SITE).whereRef('devices.site_id', '=', 'sites.id')
}

/** PostgreSQL has all of the order by country in `sites`, and takes longer to plan a join than to run it. */
const COUNTRIES = perDialect<Selectable<Database['countries']>>({
  sqlite: () => sql`countries`,
  postgres: () => sql`(select)`,
}).as('countries')
const IS_COUNTRY_OF_SITE = perDialect<SqlBool>({
  sqlite: () => sql`sites.country_id = countries.id`,
  postgres: () => sql`true`,
})

function orderOfDevices({ field, direction }: DeviceOrder): Order {
  return { name: `devices by ${field}`, direction, ...keysOfDevices(field) }
}

/** Returns the column of `devices` whose index has the order, and a lower bound of its values. */
function orderIndexOf(field: Exclude<DeviceOrder['field'], PlaceField>) {
  return ORDER_INDEXES[field]
}

const ORDER_INDEXES = {
  NAME: { column: 'devices.name', from: '' },
  ADDRESS: { column: 'devices.address', from: '' },
  // Devices that were never probed come before the oldest probe.
  LAST_PROBED_AT: { column: 'devices.last_probed_key', from: -1 },
  LAST_SEEN_AT: { column: 'devices.last_seen_at', from: Number.MIN_SAFE_INTEGER },
}

function keysOfDevices(field: DeviceOrder['field']): Pick<Order, 'keys' | 'outerKeys'> {
  const name = sql.ref('devices.name')
  const site = sql.ref('sites.name')
  switch (field) {
    case 'SITE':
      return { keys: [site, sql.ref('sites.id_key'), name], outerKeys: 2 }
    case 'COUNTRY':
      return { keys: [COUNTRY_OF_SITE, site, name], outerKeys: 1 }
    default:
      return { keys: [sql.ref(ORDER_INDEXES[field].column), sql.ref('devices.id_key')] }
  }
}

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
  const order: Order = { name: `sites by ${field}`, direction, ...keysOfSites(field) }
  const matching = matchingSites(filter)
  const selective = (await countFew(db, db.selectFrom('sites').where(matching))) <= MAX_SELECTED
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

function keysOfSites(field: SiteOrder['field']): Pick<Order, 'keys' | 'outerKeys'> {
  const name = sql.ref('sites.name')
  const id = sql.ref('sites.id_key')
  switch (field) {
    case 'NAME':
      return { keys: [name, id] }
    case 'COUNTRY':
      return { keys: [COUNTRY_OF_SITE, name], outerKeys: 1 }
    case 'DEVICES':
      return { keys: [sql.ref('sites.active_devices'), name, id] }
  }
}
