import { isIPv6 } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { canonicalAddress } from '../../inventory/address.ts'
import type { KnownDevice } from '../../inventory/diff.ts'
import { endpointOf } from '../../inventory/endpoint.ts'
import { type DeviceIdentity, identityKey } from '../../inventory/identity.ts'
import { BATCH_SIZE } from '../tables/batches.ts'
import type { Database } from '../tables/database.ts'
import { jsonList } from '../tables/json-values.ts'

/** Devices as their records would describe them, by id; of all sources where none is named. */
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
    await nextTurn()
  }
}

/** The id of the last entry of the change log; 0 where there is none. */
export async function lastChange(db: Kysely<Database>): Promise<number> {
  const { last } = await db
    .selectFrom('changes')
    .select((eb) => eb.fn.coalesce(eb.fn.max('id'), eb.val(0)).as('last'))
    .executeTakeFirstOrThrow()
  return last
}

const INVENTORY_ACTIONS = ['CREATED', 'UPDATED', 'DECOMMISSIONED', 'RESTORED'] as const

/** Whether `knownDevices` gives something else than when this was the last change. */
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

/** Where a device stands, and where it is reached. */
export interface RelatedTo {
  identity: DeviceIdentity
  endpoint: { address: string; port: number }
}

/** The device that has this identity, and the active ones at this address and port. */
export async function relatedDevices(
  db: Kysely<Database>,
  { identity, endpoint }: RelatedTo,
): Promise<KnownDevice[]> {
  // One IPv6 address can be written in many ways; of a name or an IPv4 address SQL knows them all.
  const sameAddress = isIPv6(endpoint.address)
    ? sql<boolean>`instr(devices.address, ':')`
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

export async function knownById(db: Kysely<Database>, id: number): Promise<KnownDevice | null> {
  return (await selectKnown(db).where('devices.id', '=', id).executeTakeFirst()) ?? null
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

/** A million devices have a few thousand sites; each row that is read brings texts of its own. */
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
