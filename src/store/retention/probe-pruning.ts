import { sql, type Transaction } from 'kysely'
import type { Database } from '../tables/database.ts'
import { jsonTable } from '../tables/json-values.ts'

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
  const columns = ['refresh_id', 'device_id'] as const
  await transaction
    .deleteFrom('refresh_targets')
    .where(
      sql<boolean>`(refresh_id, device_id) in ${transaction
        .selectFrom(jsonTable('given', columns, probes))
        .select(columns)}`,
    )
    .execute()
}
