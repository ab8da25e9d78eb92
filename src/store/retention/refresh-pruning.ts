import type { Transaction } from 'kysely'
import type { Database } from '../tables/database.ts'
import { jsonList } from '../tables/json-values.ts'

/**
 * Takes out the oldest refresh that was asked for before `before`, epoch milliseconds, has ended, and of whose probes none
 * is left, nor a retry of it; targets without a probe go first, `limit` at a time. Those of `kept` stay.
 *
 * @returns how many refreshes were taken out; null where there is nothing to do
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
    // The next one is numbered after the newest.
    .where('id', '<', (eb) => eb.selectFrom('refreshes').select((max) => max.fn.max('refreshes.id').as('id')))
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('probes').select('id').whereRef('probes.refresh_id', '=', 'refreshes.id'))),
    )
    // A retry outlives no refresh that it names.
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
