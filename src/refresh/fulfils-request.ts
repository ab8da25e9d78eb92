import type { RefreshRow } from '../store/refresh-store.ts'
import { type Places, scopeCovers } from './scope.ts'

/** Whether a refresh that is under way does all that is asked for. Times are epoch milliseconds. */
export function fulfilsRequest(
  row: RefreshRow,
  request: Pick<RefreshRow, 'scope' | 'sync' | 'force'>,
  { places, now, intervalMs }: { places: Places; now: number; intervalMs: number },
): boolean {
  // Of its scope a retry probes only what failed.
  if (row.retryOf !== null) return false
  const doesAsMuch = (row.sync || !request.sync) && (row.force || !request.force)
  // What was fetched nearly an interval ago, by a former process perhaps, is not what a new cycle is for.
  const isStale = request.sync && now - row.createdAt >= 0.9 * intervalMs
  return doesAsMuch && !isStale && scopeCovers(row.scope, request.scope, places)
}
