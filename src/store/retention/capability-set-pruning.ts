import { sql, type Transaction } from 'kysely'
import type { Database } from '../tables/database.ts'
import { jsonList } from '../tables/json-values.ts'

/**
 * Checks at most `limit` capability sets after `afterId`, and deletes the first that no device and no probe
 * uses. It deletes only one, because a set may have thousands of members.
 *
 * @returns null if there is none to check; else the ids of the last one that was checked and of the deleted
 * one
 */
export async function pruneCapabilitySet(
  transaction: Transaction<Database>,
  { afterId, limit }: { afterId: number; limit: number },
): Promise<{ lastId: number; deletedId: number | null } | null> {
  const sets = await transaction
    .selectFrom('capability_sets')
    .select('id')
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(limit)
    .execute()
  const last = sets.at(-1)
  if (!last) return null
  const unused = await transaction
    .selectFrom('capability_sets')
    .select('id')
    .where('id', 'in', jsonList(sets.map(({ id }) => id)))
    .where(sql<boolean>`not exists (select 1 from devices where capability_set_id = capability_sets.id)`)
    .where(sql<boolean>`not exists (select 1 from probes where capability_set_id = capability_sets.id)`)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  if (!unused) return { lastId: last.id, deletedId: null }
  await transaction.deleteFrom('capability_set_members').where('set_id', '=', unused.id).execute()
  await transaction.deleteFrom('capability_sets').where('id', '=', unused.id).execute()
  return { lastId: unused.id, deletedId: unused.id }
}
