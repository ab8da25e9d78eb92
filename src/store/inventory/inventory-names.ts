import { sql, type Transaction } from 'kysely'
import { identityKey } from '../../inventory/identity.ts'
import type { Database } from '../tables/database.ts'
import { jsonList, jsonTable } from '../tables/json-values.ts'
import type { Retiring, Wanted } from './inventory-places.ts'

/** Devices that swap their names, or pass them on in a row, would meet the unique key halfway: they step aside. */
export async function park(transaction: Transaction<Database>, ids: ReadonlySet<number>): Promise<void> {
  if (ids.size === 0) return
  // Checked names hold no control characters.
  await transaction
    .updateTable('devices')
    .set({ name: sql<string>`char(31) || id` })
    .where('id', 'in', jsonList([...ids]))
    .execute()
}

/** A device whose name another has taken over. */
export interface Retired {
  id: number
  before: string
  after: string
}

/** Decommissioned devices give their names to others: `r1` is called `r1 #17` from then on, 17 being its id. */
export async function retire(
  transaction: Transaction<Database>,
  retiring: readonly Retiring[],
  wanted: readonly Wanted[],
): Promise<Retired[]> {
  if (retiring.length === 0) return []
  const taken = new Set(wanted.map(({ record }) => identityKey(record)))
  const renamed = retiring.map(({ id, heir }) => ({ id, heir, name: `${heir.name} #${id}` }))
  for (;;) {
    const held = await heldNames(transaction, renamed)
    const unlucky = renamed.filter(
      ({ id, heir, name }) => held.has(id) || taken.has(identityKey({ ...heir, name })),
    )
    if (unlucky.length === 0) break
    for (const one of unlucky) one.name += ` #${one.id}`
  }
  await transaction
    .updateTable('devices')
    .from(jsonTable('given', ['id', 'name'], renamed))
    .set((eb) => ({ name: eb.ref('given.name') }))
    .whereRef('devices.id', '=', 'given.id')
    .execute()
  return renamed.map(({ id, heir, name }) => ({ id, before: heir.name, after: name }))
}

/** The devices whose new names others have at their sites. */
async function heldNames(
  transaction: Transaction<Database>,
  renamed: readonly { id: number; name: string }[],
): Promise<Set<number>> {
  const rows = await transaction
    .selectFrom(jsonTable('given', ['id', 'name'], renamed))
    .innerJoin('devices as retiring', 'retiring.id', 'given.id')
    .innerJoin('devices as holder', (join) =>
      join.onRef('holder.site_id', '=', 'retiring.site_id').onRef('holder.name', '=', 'given.name'),
    )
    .select('given.id')
    .execute()
  return new Set(rows.map(({ id }) => id))
}
