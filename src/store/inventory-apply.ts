import { type Expression, sql, type Transaction } from 'kysely'
import type { InventoryDiff } from '../inventory/diff.ts'
import type { DeviceLifecycle, InventoryRecord } from '../inventory/record.ts'
import type { Database } from './database.ts'
import { resolvePlaces, type Wanted } from './inventory-places.ts'
import { updateRegions } from './inventory-regions.ts'
import { jsonList, jsonTable } from './json-values.ts'

export interface ApplyOptions {
  /** Name of the source that the diff is of. */
  source: string
  /** Epoch milliseconds of the fetch: what the source lists was seen then. */
  at: number
}

export interface ApplyResult {
  /** Devices that were created, updated, restored or decommissioned, in any order. */
  changedDeviceIds: number[]
  /** Records left out because their name is held at their site already, for example by another source's device. */
  conflicts: RecordConflict[]
}

interface RecordConflict {
  record: InventoryRecord
  /** A sentence for a person. */
  reason: string
}

const RECORD_COLUMNS = [
  'id',
  'name',
  'address',
  'port',
  'platform',
  'credential',
  'site',
  'country',
] as const satisfies readonly (keyof ReturnType<typeof toRow>)[]

/**
 * Creates the countries and sites that are missing, then creates, updates, restores and decommissions devices.
 * Countries and sites that lose all their devices are kept. The number of statements does not depend on the diff.
 */
export async function applyDiff(
  transaction: Transaction<Database>,
  diff: InventoryDiff,
  { source, at }: ApplyOptions,
): Promise<ApplyResult> {
  const changed: Wanted[] = [...diff.updated, ...diff.restored]
  const wanted: Wanted[] = [...changed, ...diff.created.map((record) => ({ id: null, record }))]
  await createPlaces(
    transaction,
    wanted.map(({ record }) => record),
  )
  await updateRegions(transaction, diff)
  const { conflicts, leaving } = await resolvePlaces(transaction, wanted)
  const free = wanted.filter((one) => !conflicts.has(one))
  await park(transaction, leaving)
  await updateDevices(
    transaction,
    free.filter(({ id }) => id !== null),
  )
  const createdIds = await insertDevices(
    transaction,
    free.filter(({ id }) => id === null),
    { source, at },
  )
  const seen = [...diff.unchanged, ...changed.flatMap(({ id }) => id ?? [])]
  await transaction
    .updateTable('devices')
    .set({ last_seen_at: at, source })
    .where('id', 'in', jsonList(seen))
    .execute()
  const decommissionedIds = diff.decommissioned.map(({ id }) => id)
  await transaction
    .updateTable('devices')
    .set({ lifecycle: 'DECOMMISSIONED' })
    .where('id', 'in', jsonList(decommissionedIds))
    .execute()
  return {
    changedDeviceIds: [...createdIds, ...free.flatMap(({ id }) => id ?? []), ...decommissionedIds],
    conflicts: [...conflicts].map(([{ record }, reason]) => ({ record, reason })),
  }
}

async function createPlaces(transaction: Transaction<Database>, records: InventoryRecord[]): Promise<void> {
  const places = [
    ...new Map(
      records.map(({ country, site }) => [`${country}\n${site}`, { country, site }] as const),
    ).values(),
  ]
  const table = jsonTable('given', ['country', 'site'], places)
  await transaction
    .insertInto('countries')
    .columns(['name'])
    .expression((eb) => eb.selectFrom(table).select('given.country').distinct().where(ALWAYS))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await transaction
    .insertInto('sites')
    .columns(['country_id', 'name'])
    .expression((eb) =>
      eb
        .selectFrom(table)
        .innerJoin('countries', 'countries.name', 'given.country')
        .select(['countries.id', 'given.site'])
        .where(ALWAYS),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Without a `where`, SQLite's parser takes the `on` of `on conflict` for that of a join. */
const ALWAYS: Expression<boolean> = sql<boolean>`true`

/** Devices that swap their names, or pass them on in a row, would meet the unique key halfway: they step aside. */
async function park(transaction: Transaction<Database>, ids: ReadonlySet<number>): Promise<void> {
  if (ids.size === 0) return
  // Checked names hold no control characters.
  await transaction
    .updateTable('devices')
    .set({ name: sql<string>`char(31) || id` })
    .where('id', 'in', jsonList([...ids]))
    .execute()
}

function toRow({ id, record }: Wanted) {
  return { id, ...record }
}

async function updateDevices(transaction: Transaction<Database>, changed: readonly Wanted[]): Promise<void> {
  await transaction
    .updateTable('devices')
    .from(jsonTable('given', RECORD_COLUMNS, changed.map(toRow)))
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
      lifecycle: 'ACTIVE' as const,
    }))
    .whereRef('devices.id', '=', 'given.id')
    .execute()
}

async function insertDevices(
  transaction: Transaction<Database>,
  created: readonly Wanted[],
  { source, at }: ApplyOptions,
): Promise<number[]> {
  const rows = await transaction
    .insertInto('devices')
    .columns([
      'site_id',
      'name',
      'address',
      'port',
      'platform',
      'credential',
      'lifecycle',
      'source',
      'first_seen_at',
      'last_seen_at',
    ])
    .expression((eb) =>
      eb
        .selectFrom(jsonTable('given', RECORD_COLUMNS, created.map(toRow)))
        .innerJoin('countries', 'countries.name', 'given.country')
        .innerJoin('sites', (join) =>
          join.onRef('sites.country_id', '=', 'countries.id').onRef('sites.name', '=', 'given.site'),
        )
        .select([
          'sites.id',
          'given.name',
          'given.address',
          'given.port',
          'given.platform',
          'given.credential',
          eb.val<DeviceLifecycle>('ACTIVE').as('lifecycle'),
          eb.val(source).as('source'),
          eb.val(at).as('first_seen_at'),
          eb.val(at).as('last_seen_at'),
        ]),
    )
    .returning('devices.id')
    .execute()
  return rows.map(({ id }) => id)
}
