import { RollcallError } from '../base/errors.ts'
import type { RefreshRow } from '../store/refresh-store.ts'
import type { RunContext } from './run-context.ts'

/**
 * Creates a refresh that probes the devices again that did not end as SUPPORTED in the refresh `id`; there
 * may be none. The caller wants these devices now, so neither the cool-down nor back-off excludes any of
 * them.
 *
 * @throws RollcallError NOT_FOUND, or CONFLICT if the refresh has not ended.
 */
export async function createRetry(
  { store, clock }: Pick<RunContext, 'store' | 'clock'>,
  { id, requestedBy }: { id: number; requestedBy: string | null },
): Promise<RefreshRow> {
  const [retried] = await store.refreshes.byIds([id])
  if (!retried) throw new RollcallError('NOT_FOUND', 'There is no refresh with this id.')
  if (retried.finishedAt === null) {
    throw new RollcallError(
      'CONFLICT',
      'This refresh has not ended yet; wait for its end, or cancel it, and then ask for what failed again.',
    )
  }
  const { scope } = retried
  return store.refreshes.create({
    trigger: 'MUTATION',
    requestedBy,
    scope,
    sync: false,
    force: true,
    at: clock.now(),
    retryOf: id,
  })
}
