import { sql, type Transaction } from 'kysely'
import { identityKey } from '../../inventory/identity.ts'
import type { DeviceLifecycle, InventoryRecord } from '../../inventory/record.ts'
import { inBatches } from '../tables/batches.ts'
import type { Database } from '../tables/database.ts'
import { jsonList, jsonTable } from '../tables/json-values.ts'
import { perDialect } from '../tables/per-dialect.ts'

/** A record of the diff with the id of its device; null if the device is to be created. */
export interface Wanted {
  id: number | null
  record: InventoryRecord
}

/** Another device that has the name of a wanted one at its site. */
interface Holder {
  position: number
  id: number
  source: string
  lifecycle: DeviceLifecycle
}

/** A decommissioned device whose name another one takes. */
export interface DeviceToRename {
  id: number
  /** The record that takes its name. */
  newOwner: InventoryRecord
}

export interface ResolvedPlaces {
  /** Records whose place is taken, with the reason. */
  conflicts: Map<Wanted, string>
  /** Devices that leave a place which another one takes. */
  leaving: Set<number>
  toRename: DeviceToRename[]
}

/**
 * Finds the records whose place, a name at a site, is taken. A place is free if its device is decommissioned,
 * or if the diff moves that device to another place which is free itself.
 *
 * @param decommissioned ids of the devices that the diff decommissions
 */
export async function resolvePlaces(
  transaction: Transaction<Database>,
  wanted: readonly Wanted[],
  decommissioned: ReadonlySet<number>,
): Promise<ResolvedPlaces> {
  const held = await holdersOf(transaction, wanted)
  const moves = new Map(wanted.flatMap((one) => (one.id === null ? [] : [[one.id, one] as const])))
  const conflicts = new Map<Wanted, string>()
  const toRename = new Map<number, DeviceToRename>()
  for (let before = -1; before < conflicts.size; ) {
    before = conflicts.size
    for (const holder of held) {
      const one = wanted[holder.position]
      if (!one || conflicts.has(one)) continue
      const move = moves.get(holder.id)
      if (move && !conflicts.has(move) && identityKey(move.record) !== identityKey(one.record)) continue
      const isGone = holder.lifecycle === 'DECOMMISSIONED' || decommissioned.has(holder.id)
      if (isGone) toRename.set(holder.id, { id: holder.id, newOwner: one.record })
      else conflicts.set(one, conflictReason(one.record, holder))
    }
  }
  const leaving = held.filter(({ position, id }) => {
    const one = wanted[position]
    return one && !conflicts.has(one) && moves.has(id) && !toRename.has(id)
  })
  return {
    conflicts,
    leaving: new Set(leaving.map(({ id }) => id)),
    toRename: [...toRename.values()],
  }
}

async function holdersOf(transaction: Transaction<Database>, wanted: readonly Wanted[]): Promise<Holder[]> {
  const holders: Holder[] = []
  await inBatches(wanted, async (batch, offset) => {
    const rows = batch.map(({ id, record: { name, site, country } }, index) => ({
      position: offset + index,
      id,
      name,
      site,
      country,
    }))
    const found = await transaction
      .selectFrom(
        jsonTable(
          'given',
          { position: 'integer', id: 'integer', name: 'text', site: 'text', country: 'text' },
          rows,
        ),
      )
      .innerJoin('countries', 'countries.name', 'given.country')
      .innerJoin('sites', (join) =>
        join.onRef('sites.country_id', '=', 'countries.id').onRef('sites.name', '=', 'given.site'),
      )
      .innerJoin('devices', (join) =>
        join.onRef('devices.site_id', '=', 'sites.id').onRef('devices.name', '=', 'given.name'),
      )
      .select(['given.position', 'devices.id', 'devices.source', 'devices.lifecycle'])
      .whereRef('devices.id', 'is distinct from', 'given.id')
      .execute()
    for (const holder of found) holders.push(holder)
  })
  return holders
}

function conflictReason({ name, site, country }: InventoryRecord, { source }: Holder): string {
  return `The name ${name} is held at site ${site} of ${country} by a device of source ${source}.`
}

/** Unique, because checked names hold no control characters. */
const TEMPORARY_NAME = perDialect<string>({
  sqlite: () => sql`char(31) || id`,
  postgres: () => sql`chr(31) || id`,
})

/** Gives devices temporary names, so that those that swap names do not violate the unique key halfway. */
export async function setTemporaryNames(
  transaction: Transaction<Database>,
  ids: ReadonlySet<number>,
): Promise<void> {
  if (ids.size === 0) return
  await transaction
    .updateTable('devices')
    .set({ name: TEMPORARY_NAME })
    .where('id', 'in', jsonList([...ids]))
    .execute()
}

/** A device whose name another one has taken. */
export interface RenamedDevice {
  id: number
  site: string
  country: string
  before: string
  after: string
}

/** Renames decommissioned devices whose names others take: `r1` becomes `r1 #17`, 17 being its id. */
export async function renameDecommissioned(
  transaction: Transaction<Database>,
  toRename: readonly DeviceToRename[],
  wanted: readonly Wanted[],
): Promise<RenamedDevice[]> {
  if (toRename.length === 0) return []
  const taken = new Set(wanted.map(({ record }) => identityKey(record)))
  const renamed = toRename.map(({ id, newOwner }) => ({ id, newOwner, name: `${newOwner.name} #${id}` }))
  for (;;) {
    const held = await heldNames(transaction, renamed)
    const collisions = renamed.filter(
      ({ id, newOwner, name }) => held.has(id) || taken.has(identityKey({ ...newOwner, name })),
    )
    if (collisions.length === 0) break
    for (const one of collisions) one.name += ` #${one.id}`
  }
  await transaction
    .updateTable('devices')
    .from(jsonTable('given', { id: 'integer', name: 'text' }, renamed))
    .set((eb) => ({ name: eb.ref('given.name') }))
    .whereRef('devices.id', '=', 'given.id')
    .execute()
  return renamed.map(({ id, newOwner: { site, country, name: before }, name }) => ({
    id,
    site,
    country,
    before,
    after: name,
  }))
}

/** Returns the devices whose new names others have at their sites. */
async function heldNames(
  transaction: Transaction<Database>,
  renamed: readonly { id: number; name: string }[],
): Promise<Set<number>> {
  const rows = await transaction
    .selectFrom(jsonTable('given', { id: 'integer', name: 'text' }, renamed))
    .innerJoin('devices as renamed', 'renamed.id', 'given.id')
    .innerJoin('devices as holder', (join) =>
      join.onRef('holder.site_id', '=', 'renamed.site_id').onRef('holder.name', '=', 'given.name'),
    )
    .select('given.id')
    .execute()
  return new Set(rows.map(({ id }) => id))
}
