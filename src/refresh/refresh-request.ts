import { RollcallError } from '../base/errors.ts'
import type { RefreshRow, RefreshScope, RefreshTrigger } from '../store/refresh-store.ts'
import type { RunContext } from './run-context.ts'
import { type ScopePlaces, scopeCovers } from './scope.ts'

export interface RefreshRequest {
  trigger: RefreshTrigger
  /** The person who asked; null for the schedule and the start. */
  requestedBy: string | null
  /** Empty lists mean everything. */
  scope: RefreshScope
  /** Whether to fetch the inventory first. */
  sync: boolean
  /** Whether to probe devices that were probed within the cool-down, too. */
  force: boolean
  /** The span of the operation that asks, if it is traced. */
  traceParent?: string | undefined
}

export interface RefreshRequested {
  refresh: RefreshRow
  /** False if a running refresh already does what was asked: that one is `refresh`. */
  started: boolean
}

/** Returns whether a running refresh does all that is asked for. Times are epoch milliseconds. */
export function fulfilsRequest(
  row: RefreshRow,
  request: Pick<RefreshRow, 'scope' | 'sync' | 'force'>,
  { places, now, intervalMs }: { places: ScopePlaces; now: number; intervalMs: number },
): boolean {
  // A retry probes only the failed part of its scope.
  if (row.retryOf !== null) return false
  const doesAsMuch = (row.sync || !request.sync) && (row.force || !request.force)
  // A scheduled refresh must not reuse an inventory that was fetched nearly an interval ago.
  const isStale = request.sync && now - row.createdAt >= 0.9 * intervalMs
  return doesAsMuch && !isStale && scopeCovers(row.scope, request.scope, places)
}

/**
 * Creates a refresh of the devices that did not end as SUPPORTED in the refresh `id`. There may be no such
 * device. The caller wants these devices now, so neither the cool-down nor back-off excludes any of them.
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
      'This refresh has not ended yet; wait for its end or cancel it, then retry.',
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
