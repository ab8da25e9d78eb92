import { type Expression, type Kysely, type SqlBool, sql } from 'kysely'
import type { Database } from '../tables/database.ts'
import { deviceMatches, isEverything, matchingDevices } from './device-filter.ts'
import { type DeviceOrder, isPlaceField, orderOfDevices, wayOf } from './device-order.ts'
import { areFew } from './few-or-many.ts'
import type { DeviceFilter } from './filters.ts'
import { type Order, withoutIndex } from './page.ts'

/** How to get at a page: few devices are looked up and sorted, many gone through in their order until the page is full. */
export interface DevicePlan {
  isFew: boolean
  field: DeviceOrder['field']
  order: Order
  condition: Expression<SqlBool>
}

export async function planDevicePage(
  db: Kysely<Database>,
  filter: DeviceFilter,
  orderBy: DeviceOrder,
): Promise<DevicePlan> {
  const { field } = orderBy
  const order = orderOfDevices(orderBy)
  const matching = matchingDevices(filter)
  if (!isEverything(filter) && (await areFew(db, 'devices', matching))) {
    return { isFew: true, field, order: withoutIndex(order), condition: matching }
  }
  if (isPlaceField(field)) {
    return { isFew: false, field, order, condition: deviceMatches(filter, { site: 'JOINED' }) }
  }
  const { column, from } = wayOf(field)
  const matches = deviceMatches(filter, { site: 'LIST', along: column })
  // No value is below it; but this has SQLite enter the index rather than go through the table, and is the last of the bounds.
  const condition = sql<SqlBool>`${matches} and ${sql.ref(column)} >= ${from}`
  return { isFew: false, field, order, condition }
}

/** For an order by place, the tables joined. A cross join is SQLite's way to be told which table to begin with. */
export function devicesAtPlaces(db: Kysely<Database>, { isFew, field }: DevicePlan) {
  const devices = isFew
    ? db.selectFrom('devices').crossJoin('sites').crossJoin('countries')
    : field === 'SITE'
      ? db.selectFrom('sites').crossJoin('countries').crossJoin('devices')
      : db.selectFrom('countries').crossJoin('sites').crossJoin('devices')
  return devices
    .whereRef('sites.country_id', '=', 'countries.id')
    .whereRef('devices.site_id', '=', 'sites.id')
}
