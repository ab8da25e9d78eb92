import { isIPv6 } from 'node:net'
import { type Kysely, sql } from 'kysely'
import { letOthersWork } from '../../base/turns.ts'
import { canonicalAddress } from '../../inventory/address.ts'
import type { KnownDevice } from '../../inventory/diff.ts'
import { type DeviceIdentity, endpointOf, identityKey } from '../../inventory/identity.ts'
import { BATCH_SIZE } from '../tables/batches.ts'
import type { Database } from '../tables/database.ts'
import { jsonList } from '../tables/json-values.ts'

/**
 * Returns the devices of a source, or of all sources, as their records would describe them; ordered by id.
 */
export async function knownDevices(db: Kysely<Database>, source?: string): Promise<KnownDevice[]> {
  const known: KnownDevice[] = []
  const interned = new Map<string, string>()
  for (;;) {
    let query = selectKnown(db)
      .where('devices.id', '>', known.at(-1)?.id ?? 0)
      .orderBy('devices.id')
      .limit(BATCH_SIZE)
    if (source !== undefined) query = query.where('devices.source', '=', source)
    const batch = await query.execute()
    for (const device of batch) known.push(internTexts(device, interned))
    if (batch.length < BATCH_SIZE) return known
    await letOthersWork()
  }
}

/** Returns the id of the last entry of the change log; 0 if there is none. */
export async function lastChange(db: Kysely<Database>): Promise<number> {
  const { last } = await db
    .selectFrom('changes')
    .select((eb) => eb.fn.coalesce(eb.fn.max('id'), eb.val(0)).as('last'))
    .executeTakeFirstOrThrow()
  return last
}

const INVENTORY_ACTIONS = ['CREATED', 'UPDATED', 'DECOMMISSIONED', 'RESTORED'] as const

/** Tells whether `knownDevices` returns something else than when `lastId` was the last change. */
export async function haveDevicesChanged(db: Kysely<Database>, lastId: number): Promise<boolean> {
  const later = await db
    .selectFrom('changes')
    .select('id')
    .where('id', '>', lastId)
    .where('action', 'in', jsonList(INVENTORY_ACTIONS))
    .limit(1)
    .executeTakeFirst()
  return later !== undefined
}

/** The identity and the endpoint of a device. */
export interface RelatedTo {
  identity: DeviceIdentity
  endpoint: { address: string; port: number }
}

/** Returns the device with this identity, and the active ones with this address and port. */
export async function relatedDevices(
  db: Kysely<Database>,
  { identity, endpoint }: RelatedTo,
): Promise<KnownDevice[]> {
  // An IPv6 address can be written in many ways, so those are compared below.
  const sameAddress = isIPv6(endpoint.address)
    ? sql<boolean>`devices.address like '%:%'`
    : sql<boolean>`rtrim(lower(devices.address), '.') = ${canonicalAddress(endpoint.address)}`
  const found = await selectKnown(db)
    .where((eb) =>
      eb.or([
        eb.and([
          eb('countries.name', '=', identity.country),
          eb('sites.name', '=', identity.site),
          eb('devices.name', '=', identity.name),
        ]),
        eb.and([eb('devices.lifecycle', '=', 'ACTIVE'), eb('devices.port', '=', endpoint.port), sameAddress]),
      ]),
    )
    .execute()
  return found.filter(
    (device) =>
      identityKey(device) === identityKey(identity) ||
      (device.lifecycle === 'ACTIVE' && endpointOf(device) === endpointOf(endpoint)),
  )
}

/** Returns the devices of these ids as their records would describe them, without ids that do not exist. */
export async function knownByIds(db: Kysely<Database>, ids: readonly number[]): Promise<KnownDevice[]> {
  return await selectKnown(db).where('devices.id', 'in', jsonList(ids)).execute()
}

function selectKnown(db: Kysely<Database>) {
  return db
    .selectFrom('devices')
    .innerJoin('sites', 'sites.id', 'devices.site_id')
    .innerJoin('countries', 'countries.id', 'sites.country_id')
    .select([
      'devices.id',
      'devices.lifecycle',
      'devices.source',
      'devices.decommissioned_by as decommissionedBy',
      'devices.source_key as key',
      'devices.name',
      'devices.address',
      'devices.port',
      'sites.name as site',
      'countries.name as country',
      'countries.region',
      'devices.platform',
      'devices.credential',
    ])
}

/**
 * Replaces equal texts by one string: each row brings its own copies, and a million devices have a few
 * thousand sites.
 */
function internTexts(device: KnownDevice, interned: Map<string, string>): KnownDevice {
  const one = <T extends string | null>(text: T): T => {
    if (text === null) return text
    const known = interned.get(text)
    if (known !== undefined) return known as T
    interned.set(text, text)
    return text
  }
  device.site = one(device.site)
  device.country = one(device.country)
  device.region = one(device.region)
  device.platform = one(device.platform)
  device.credential = one(device.credential)
  device.source = one(device.source)
  device.lifecycle = one(device.lifecycle)
  return device
}
