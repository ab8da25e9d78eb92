import type { ProcessRegistry } from '../process-registry.ts'
import { scheduledFrom } from '../schedule.ts'
import type { RemoteRefreshes } from './remote-refreshes.ts'

/** What the API says if no other process may use the database. */
export const ALONE = { regions: () => [], hasEngine: () => true, isAlone: true }

/**
 * Returns what the API says about the gateway as a whole, which is what the engine says about itself.
 *
 * @param facts about this process, which are the same for every process of the same configuration
 */
export function gatewayOfEngine<Facts extends { startedAt: number; everyMs: number }>(
  facts: Facts,
  refreshes: Pick<RemoteRefreshes, 'engineState' | 'hasEngine'>,
  registry: ProcessRegistry,
) {
  const nextAt = () => (refreshes.hasEngine ? (refreshes.engineState?.nextScheduledRefreshAt ?? null) : null)
  const gateway = {
    ...facts,
    get startedAt() {
      return refreshes.engineState?.startedAt ?? facts.startedAt
    },
    nextScheduledRefreshAt: nextAt,
    scheduledFrom: (at: number): number | null => {
      const next = nextAt()
      return next === null ? null : scheduledFrom(at, { nextAt: next, everyMs: gateway.everyMs })
    },
    probePool: () => refreshes.engineState?.probePool ?? { workers: 0, inFlight: 0, replaced: 0 },
    regions: () => (refreshes.hasEngine ? (refreshes.engineState?.regions ?? []) : []),
    processes: () => registry.all(),
    hasEngine: () => refreshes.hasEngine,
    isAlone: false,
  }
  return gateway
}
