import type { Transaction } from 'kysely'
import type { DeviceLifecycle } from '../../inventory/record.ts'
import { inBatches } from '../tables/batches.ts'
import type { Database } from '../tables/database.ts'
import { jsonTable } from '../tables/json-values.ts'
import type { Wanted } from './inventory-places.ts'

const RECORD_KINDS = {
  id: 'integer',
  key: 'text',
  name: 'text',
  address: 'text',
  port: 'integer',
  platform: 'text',
  credential: 'text',
  site: 'text',
  country: 'text',
} as const

interface Seen {
  source: string
  /** Epoch milliseconds. */
  at: number
}

/** Updates devices that exist to what their records say, and makes them active. */
export async function updateDevices(
  transaction: Transaction<Database>,
  changed: readonly Wanted[],
  { source, at }: Seen,
): Promise<void> {
  await inBatches(changed, (batch) =>
    transaction
      .updateTable('devices')
      .from(givenTable(batch))
      .innerJoin('countries', 'countries.name', 'given.country')
      .innerJoin('sites', (join) =>
        join.onRef('sites.country_id', '=', 'countries.id').onRef('sites.name', '=', 'given.site'),
      )
      .set((eb) => ({
        site_id: eb.ref('sites.id'),
        name: eb.ref('given.name'),
        address: eb.ref('given.address'),
        port: eb.ref('given.port'),
        platform: eb.ref('given.platform'),
        credential: eb.ref('given.credential'),
        source_key: eb.ref('given.key'),
        lifecycle: 'ACTIVE' as const,
        decommissioned_by: null,
        source,
        last_seen_at: at,
      }))
      .whereRef('devices.id', '=', 'given.id')
      .execute(),
  )
}

/** Returns the ids of the devices, in the order of the records. */
export async function insertDevices(
  transaction: Transaction<Database>,
  created: readonly Wanted[],
  { source, at }: Seen,
): Promise<number[]> {
  // The ids are chosen here, because SQLite does not define the order of the rows that an insert returns.
  const { last } = await transaction
    .selectFrom('devices')
    .select((eb) => eb.fn.coalesce(eb.fn.max('id'), eb.val(0)).as('last'))
    .executeTakeFirstOrThrow()
  const ids = created.map((_, index) => last + 1 + index)
  await inBatches(created, (batch, offset) =>
    transaction
      .insertInto('devices')
      .columns([
        'id',
        'site_id',
        'name',
        'address',
        'port',
        'platform',
        'credential',
        'source_key',
        'lifecycle',
        'source',
        'first_seen_at',
        'last_seen_at',
      ])
      .expression((eb) =>
        eb
          .selectFrom(givenTable(batch.map((one, index) => ({ ...one, id: ids[offset + index] ?? null }))))
          .innerJoin('countries', 'countries.name', 'given.country')
          .innerJoin('sites', (join) =>
            join.onRef('sites.country_id', '=', 'countries.id').onRef('sites.name', '=', 'given.site'),
          )
          .select([
            'given.id',
            'sites.id as site_id',
            'given.name',
            'given.address',
            'given.port',
            'given.platform',
            'given.credential',
            'given.key',
            eb.val<DeviceLifecycle>('ACTIVE').as('lifecycle'),
            eb.val(source).as('source'),
            eb.cast<number>(eb.val(at), 'bigint').as('first_seen_at'),
            eb.cast<number>(eb.val(at), 'bigint').as('last_seen_at'),
          ]),
      )
      .execute(),
  )
  return ids
}

function givenTable(wanted: readonly Wanted[]) {
  return jsonTable('given', RECORD_KINDS, wanted.map(toRow))
}

function toRow({ id, record }: Wanted) {
  return { id, ...record }
}
