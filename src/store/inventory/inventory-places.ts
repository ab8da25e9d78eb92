import type { Transaction } from 'kysely'
import { identityKey } from '../../inventory/identity.ts'
import type { DeviceLifecycle, InventoryRecord } from '../../inventory/record.ts'
import type { Database } from '../tables/database.ts'
import { jsonTable } from '../tables/json-values.ts'
import { inPieces } from '../tables/pieces.ts'

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

/** A decommissioned device whose name another takes over. */
export interface Retiring {
  id: number
  /** The one that takes its name. */
  heir: InventoryRecord
}

export interface ResolvedPlaces {
  /** Records whose place is taken, with why. */
  conflicts: Map<Wanted, string>
  /** Devices that leave a place which another is to have. */
  leaving: Set<number>
  retiring: Retiring[]
}

/**
 * Finds the records whose place is taken. A holder that the diff itself moves elsewhere is not in the way, unless
 * it cannot leave because its own new place is taken; nor is one that is decommissioned.
 *
 * @param decommissioned ids of the devices that are about to be
 */
export async function resolvePlaces(
  transaction: Transaction<Database>,
  wanted: readonly Wanted[],
  decommissioned: ReadonlySet<number>,
): Promise<ResolvedPlaces> {
  const held = await holdersOf(transaction, wanted)
  const moves = new Map(wanted.flatMap((one) => (one.id === null ? [] : [[one.id, one] as const])))
  const conflicts = new Map<Wanted, string>()
  const retiring = new Map<number, Retiring>()
  for (let before = -1; before < conflicts.size; ) {
    before = conflicts.size
    for (const holder of held) {
      const one = wanted[holder.position]
      if (!one || conflicts.has(one)) continue
      const move = moves.get(holder.id)
      if (move && !conflicts.has(move) && identityKey(move.record) !== identityKey(one.record)) continue
      const isGone = holder.lifecycle === 'DECOMMISSIONED' || decommissioned.has(holder.id)
      if (isGone) retiring.set(holder.id, { id: holder.id, heir: one.record })
      else conflicts.set(one, conflictReason(one.record, holder))
    }
  }
  const leaving = held.filter(({ position, id }) => {
    const one = wanted[position]
    return one && !conflicts.has(one) && moves.has(id) && !retiring.has(id)
  })
  return {
    conflicts,
    leaving: new Set(leaving.map(({ id }) => id)),
    retiring: [...retiring.values()],
  }
}

async function holdersOf(transaction: Transaction<Database>, wanted: readonly Wanted[]): Promise<Holder[]> {
  const holders: Holder[] = []
  await inPieces(wanted, async (piece, offset) => {
    const rows = piece.map(({ id, record: { name, site, country } }, index) => ({
      position: offset + index,
      id,
      name,
      site,
      country,
    }))
    const found = await transaction
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
    for (const holder of found) holders.push(holder)
  })
  return holders
}

function conflictReason({ name, site, country }: InventoryRecord, { source }: Holder): string {
  return `The name ${name} is held at site ${site} of ${country} by a device of source ${source}.`
}
