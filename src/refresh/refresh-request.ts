import type { RefreshRow, RefreshScope, RefreshTrigger } from '../store/refresh-store.ts'
import { type ScopePlaces, scopeCovers } from './scope.ts'

export interface RefreshRequest {
  trigger: RefreshTrigger
  /** Who asked; null where nobody did. */
  requestedBy: string | null
  /** Empty lists: everything. */
  scope: RefreshScope
  /** Whether to fetch the inventory first. */
  sync: boolean
  /** Whether to probe devices that were probed within the cool-down as well. */
  force: boolean
}

export interface RefreshRequested {
  refresh: RefreshRow
  /** False where a refresh that covers the scope was under way already: that one is `refresh`. */
  started: boolean
}

/** Whether a refresh that is under way does all that is asked for. Times are epoch milliseconds. */
export function fulfilsRequest(
  row: RefreshRow,
  request: Pick<RefreshRow, 'scope' | 'sync' | 'force'>,
  { places, now, intervalMs }: { places: ScopePlaces; now: number; intervalMs: number },
): boolean {
  // Of its scope a retry probes only what failed.
  if (row.retryOf !== null) return false
  const doesAsMuch = (row.sync || !request.sync) && (row.force || !request.force)
  // What was fetched nearly an interval ago, by a former process perhaps, is not what a new cycle is for.
  const isStale = request.sync && now - row.createdAt >= 0.9 * intervalMs
  return doesAsMuch && !isStale && scopeCovers(row.scope, request.scope, places)
}
