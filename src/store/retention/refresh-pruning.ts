import type { Transaction } from 'kysely'
import type { Database } from '../tables/database.ts'
import { jsonList } from '../tables/json-values.ts'

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
