import type { Transaction } from 'kysely'
import type { Database } from '../tables/database.ts'

/**
 * Settles what the refresh `id` is to probe as the retry of `retryOf`: those of its targets that are active still and
 * whose result in it was not SUPPORTED, or that have none. Where it never came so far as to settle any, it leaves them to be
 * settled like those of any refresh.
 *
 * @returns how many there are; null where they are not settled
 */
export async function addTargetsOfRetry(
  transaction: Transaction<Database>,
  { id, retryOf }: { id: number; retryOf: number },
): Promise<number | null> {
  const { total: settled } = await transaction
    .selectFrom('refreshes')
    .select('total')
    .where('id', '=', retryOf)
    .executeTakeFirstOrThrow()
  if (settled === null) return null
  const { numInsertedOrUpdatedRows } = await transaction
    .insertInto('refresh_targets')
    .columns(['refresh_id', 'device_id', 'position'])
    .expression((eb) =>
      eb
        .selectFrom('refresh_targets as tried')
        .innerJoin('devices', 'devices.id', 'tried.device_id')
        .leftJoin('probes', (join) =>
          join
            .onRef('probes.refresh_id', '=', 'tried.refresh_id')
            .onRef('probes.device_id', '=', 'tried.device_id'),
        )
        .select(eb.val(id).as('refresh_id'))
        .select(['tried.device_id', 'tried.position'])
        .where('tried.refresh_id', '=', retryOf)
        .where('devices.lifecycle', '=', 'ACTIVE')
        .where((where) =>
          where.or([where('probes.outcome', 'is', null), where('probes.outcome', '!=', 'SUPPORTED')]),
        ),
    )
    .executeTakeFirstOrThrow()
  const total = Number(numInsertedOrUpdatedRows)
  await transaction.updateTable('refreshes').set({ total }).where('id', '=', id).execute()
  return total
}
