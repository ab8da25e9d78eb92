import { sql } from 'kysely'
import type { Direction, Order } from './page.ts'

export interface DeviceOrder {
  /** Where devices are alike in it, SITE goes on by name, and COUNTRY by site and name. */
  field: 'NAME' | 'ADDRESS' | 'SITE' | 'COUNTRY' | 'LAST_PROBED_AT' | 'LAST_SEEN_AT'
  direction: Direction
}

/** Whether the order needs `sites` and `countries` beside `devices`. */
export function isByPlace({ field }: DeviceOrder): boolean {
  return field === 'SITE' || field === 'COUNTRY'
}

export function orderOfDevices({ field, direction }: DeviceOrder): Order {
  return { name: `devices by ${field}`, direction, keys: keysOf(field) }
}

function keysOf(field: DeviceOrder['field']): Order['keys'] {
  const id = sql.ref('devices.id')
  const name = sql.ref('devices.name')
  const site = sql.ref('sites.name')
  switch (field) {
    case 'NAME':
      return [name, id]
    case 'ADDRESS':
      return [sql.ref('devices.address'), id]
    case 'SITE':
      return [site, name, id]
    case 'COUNTRY':
      return [sql.ref('countries.name'), site, name, id]
    case 'LAST_PROBED_AT':
      // What was never probed comes before the oldest probe; there is an index on this very expression.
      return [sql`coalesce(devices.last_probed_at, -1)`, id]
    case 'LAST_SEEN_AT':
      return [sql.ref('devices.last_seen_at'), id]
  }
}
