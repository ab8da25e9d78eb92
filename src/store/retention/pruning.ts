import { sql, type Transaction } from 'kysely'
import type { Database } from '../tables/database.ts'
import { columnsOf, jsonList, jsonTable } from '../tables/json-values.ts'

/** The result of one batch. */
export interface PrunedProbes {
  probes: number
  /** The id of the last probe that was checked; the next batch continues after it. */
  lastId: number
}

/**
 * Deletes probes that began before `before`, in epoch milliseconds, with their targets. It checks at most
 * `limit` probes after `afterId`. The last probe of each device is kept, and the probes of refreshes that
 * have not ended.
 *
 * @returns null once the probes to check are newer. Ids follow the order of commits, within minutes of the
 * start of a probe, so the old ones come first
 */
export async function pruneProbes(
  transaction: Transaction<Database>,
  { afterId, before, limit }: { afterId: number; before: number; limit: number },
): Promise<PrunedProbes | null> {
  const { lastId, oldest } = await transaction
    .selectFrom((from) =>
      from
        .selectFrom('probes')
        .select(['id', 'started_at'])
        .where('id', '>', afterId)
        // The newest probe is kept, because the next id follows it.
        .where('id', '<', (eb) => eb.selectFrom('probes').select((max) => max.fn.max('probes.id').as('id')))
        .orderBy('id')
        .limit(limit)
        .as('batch'),
    )
    .select((eb) => [
      eb.fn.max<number | null>('batch.id').as('lastId'),
      eb.fn.min<number | null>('batch.started_at').as('oldest'),
    ])
    .executeTakeFirstOrThrow()
  if (lastId === null || oldest === null || oldest >= before) return null
  const gone = await transaction
    .deleteFrom('probes')
    .where('id', '>', afterId)
    .where('id', '<=', lastId)
    .where('started_at', '<', before)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('devices')
            .select('devices.id')
            .whereRef('devices.id', '=', 'probes.device_id')
            .whereRef('devices.last_probe_id', '=', 'probes.id'),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('refreshes')
            .select('refreshes.id')
            .whereRef('refreshes.id', '=', 'probes.refresh_id')
            .where('refreshes.finished_at', 'is', null),
        ),
      ),
    )
    .returning(['refresh_id', 'device_id'])
    .execute()
  await deleteTargets(transaction, gone)
  return { probes: gone.length, lastId }
}

async function deleteTargets(
  transaction: Transaction<Database>,
  probes: readonly { refresh_id: number | null; device_id: number }[],
): Promise<void> {
  const kinds = { refresh_id: 'integer', device_id: 'integer' } as const
  await transaction
    .deleteFrom('refresh_targets')
    .where(
      sql<boolean>`(refresh_id, device_id) in ${transaction
        .selectFrom(jsonTable('given', kinds, probes))
        .select(columnsOf(kinds))}`,
    )
    .execute()
}

/** The result of one step. */
export interface PrunedSet {
  /** The next step continues after this id. */
  afterId: number
  /** The set that no new result may use any more. */
  goneId: number | null
  /** Whether its row is deleted. */
  isDeleted: boolean
}

/**
 * Checks at most `limit` capability sets after `afterId`, and deletes at most `limit` members of the first
 * that no device and no probe uses; with the last of them also the set. A set may have thousands of members,
 * so it loses its hash first: a result with the same capabilities then gets a new set.
 *
 * @returns null if there is none to check
 */
export async function pruneCapabilitySet(
  transaction: Transaction<Database>,
  { afterId, limit }: { afterId: number; limit: number },
): Promise<PrunedSet | null> {
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
  if (!unused) return { afterId: last.id, goneId: null, isDeleted: false }
  const { id } = unused
  const { numDeletedRows } = await transaction
    .deleteFrom('capability_set_members')
    .where('set_id', '=', id)
    .where('uri', 'in', (eb) =>
      eb
        .selectFrom('capability_set_members')
        .select('uri')
        .where('set_id', '=', id)
        .orderBy('uri')
        .limit(limit),
    )
    .executeTakeFirstOrThrow()
  if (Number(numDeletedRows) < limit) {
    await transaction.deleteFrom('capability_sets').where('id', '=', id).execute()
    return { afterId: id, goneId: id, isDeleted: true }
  }
  await transaction
    .updateTable('capability_sets')
    .set({ hash: `pruned ${id}` })
    .where('id', '=', id)
    .execute()
  return { afterId: id - 1, goneId: id, isDeleted: false }
}

/**
 * Deletes the oldest refresh that was requested before `before`, in epoch milliseconds, has ended, and has no
 * probe and no retry left. Its remaining targets are deleted first, `limit` at a time. Refreshes in `kept`
 * stay.
 *
 * @returns the number of deleted refreshes; null if there is nothing to do
 */
export async function pruneRefresh(
  transaction: Transaction<Database>,
  { before, kept, limit }: { before: number; kept: readonly number[]; limit: number },
): Promise<number | null> {
  const refresh = await transaction
    .selectFrom('refreshes')
    .select('id')
    .where('created_at', '<', before)
    .where('finished_at', 'is not', null)
    .where('id', 'not in', jsonList(kept))
    // The newest refresh is kept, because the next id follows it.
    .where('id', '<', (eb) => eb.selectFrom('refreshes').select((max) => max.fn.max('refreshes.id').as('id')))
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('probes').select('id').whereRef('probes.refresh_id', '=', 'refreshes.id'))),
    )
    // A refresh that a retry names is kept as long as the retry.
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('refreshes as retries')
            .select('retries.id')
            .whereRef('retries.retry_of', '=', 'refreshes.id'),
        ),
      ),
    )
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  if (!refresh) return null
  const { numDeletedRows } = await transaction
    .deleteFrom('refresh_targets')
    .where('refresh_id', '=', refresh.id)
    .where('device_id', 'in', (eb) =>
      eb
        .selectFrom('refresh_targets')
        .select('device_id')
        .where('refresh_id', '=', refresh.id)
        .orderBy('device_id')
        .limit(limit),
    )
    .executeTakeFirstOrThrow()
  if (Number(numDeletedRows) === limit) return 0
  await transaction.deleteFrom('refreshes').where('id', '=', refresh.id).execute()
  return 1
}

/**
 * Deletes at most `limit` changes of the first list that no sync plan has any more, and then the list itself.
 * From the first call on, no plan may share the list.
 *
 * @returns the number of deleted changes; null if there is nothing to do
 */
export async function prunePlannedChanges(
  transaction: Transaction<Database>,
  limit: number,
): Promise<number | null> {
  const unused = await transaction
    .selectFrom('planned_change_sets')
    .select('id')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('sync_plans')
            .select('sync_plans.id')
            .whereRef('sync_plans.change_set_id', '=', 'planned_change_sets.id'),
        ),
      ),
    )
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  if (!unused) return null
  const { numDeletedRows } = await transaction
    .deleteFrom('planned_changes')
    .where('id', 'in', (eb) =>
      eb.selectFrom('planned_changes').select('id').where('set_id', '=', unused.id).limit(limit),
    )
    .executeTakeFirstOrThrow()
  const deleted = Number(numDeletedRows)
  if (deleted < limit) {
    await transaction.deleteFrom('planned_change_sets').where('id', '=', unused.id).execute()
  } else {
    await transaction
      .updateTable('planned_change_sets')
      .set({ hash: null })
      .where('id', '=', unused.id)
      .execute()
  }
  return deleted
}
