import { sql } from 'kysely'
import type { Direction, Order } from './page.ts'

export interface DeviceOrder {
  /**
   * SITE is by the site's name, COUNTRY by the country's and then the site's; both go on by the device's name. Sites of the same
   * name are not mixed. Devices that are alike in another field are in the order of their ids.
   */
  field: 'NAME' | 'ADDRESS' | 'SITE' | 'COUNTRY' | 'LAST_PROBED_AT' | 'LAST_SEEN_AT'
  direction: Direction
}

/** Orders that need `sites` and `countries` beside `devices`. */
export type PlaceField = 'SITE' | 'COUNTRY'

export function isPlaceField(field: DeviceOrder['field']): field is PlaceField {
  return field === 'SITE' || field === 'COUNTRY'
}

export function orderOfDevices({ field, direction }: DeviceOrder): Order {
  return { name: `devices by ${field}`, direction, ...keysOf(field) }
}

/** The column of `devices` whose index has the order, and what no value of it is below. */
export function wayOf(field: Exclude<DeviceOrder['field'], PlaceField>) {
  return WAYS[field]
}

const WAYS = {
  NAME: { column: 'devices.name', from: '' },
  ADDRESS: { column: 'devices.address', from: '' },
  // What was never probed comes before the oldest probe.
  LAST_PROBED_AT: { column: 'devices.last_probed_key', from: -1 },
  LAST_SEEN_AT: { column: 'devices.last_seen_at', from: Number.MIN_SAFE_INTEGER },
}

function keysOf(field: DeviceOrder['field']): Pick<Order, 'keys' | 'outerKeys'> {
  const name = sql.ref('devices.name')
  const site = sql.ref('sites.name')
  switch (field) {
    case 'SITE':
      return { keys: [site, sql.ref('sites.id_key'), name], outerKeys: 2 }
    case 'COUNTRY':
      return { keys: [sql.ref('countries.name'), site, name], outerKeys: 1 }
    default:
      return { keys: [sql.ref(WAYS[field].column), sql.ref('devices.id_key')] }
  }
}
