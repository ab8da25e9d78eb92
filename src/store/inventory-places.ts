import type { Transaction } from 'kysely'
import { identityKey } from '../inventory/identity.ts'
import type { DeviceLifecycle, InventoryRecord } from '../inventory/record.ts'
import type { Database } from './database.ts'
import { jsonTable } from './json-values.ts'

/** A record of the diff under the id of the device that it is to become; null where that is to be created. */
export interface Wanted {
  id: number | null
  record: InventoryRecord
}

/** A device, other than the wanted one, that has the wanted one's name at its site. */
interface Holder {
  position: number
  id: number
  source: string
  lifecycle: DeviceLifecycle
}

/**
 * Finds the records whose place is taken. A holder that the diff itself moves elsewhere is not in the way, unless
 * it cannot leave because its own new place is taken.
 */
export async function resolvePlaces(
  transaction: Transaction<Database>,
  wanted: readonly Wanted[],
): Promise<{ conflicts: Map<Wanted, string>; leaving: Set<number> }> {
  const held = await holdersOf(transaction, wanted)
  const moves = new Map(wanted.flatMap((one) => (one.id === null ? [] : [[one.id, one] as const])))
  const conflicts = new Map<Wanted, string>()
  for (let before = -1; before < conflicts.size; ) {
    before = conflicts.size
    for (const holder of held) {
      const one = wanted[holder.position]
      if (!one || conflicts.has(one)) continue
      const move = moves.get(holder.id)
      const leaves = move && !conflicts.has(move) && identityKey(move.record) !== identityKey(one.record)
      if (!leaves) conflicts.set(one, conflictReason(one.record, holder))
    }
  }
  const leaving = held.filter(({ position, id }) => {
    const one = wanted[position]
    return one && !conflicts.has(one) && moves.has(id)
  })
  return { conflicts, leaving: new Set(leaving.map(({ id }) => id)) }
}

async function holdersOf(transaction: Transaction<Database>, wanted: readonly Wanted[]): Promise<Holder[]> {
  const rows = wanted.map(({ id, record: { name, site, country } }, position) => ({
    position,
    id,
    name,
    site,
    country,
  }))
  return await transaction
    .selectFrom(jsonTable('given', ['position', 'id', 'name', 'site', 'country'], rows))
    .innerJoin('countries', 'countries.name', 'given.country')
    .innerJoin('sites', (join) =>
      join.onRef('sites.country_id', '=', 'countries.id').onRef('sites.name', '=', 'given.site'),
    )
    .innerJoin('devices', (join) =>
      join.onRef('devices.site_id', '=', 'sites.id').onRef('devices.name', '=', 'given.name'),
    )
    .select(['given.position', 'devices.id', 'devices.source', 'devices.lifecycle'])
    .whereRef('devices.id', 'is not', 'given.id')
    .execute()
}

function conflictReason({ name, site, country }: InventoryRecord, { source, lifecycle }: Holder): string {
  const state = lifecycle === 'ACTIVE' ? 'a' : 'a decommissioned'
  return `The name ${name} is held at site ${site} of ${country} by ${state} device of source ${source}.`
}
