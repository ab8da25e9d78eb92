import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Store } from '../store/store.ts'
import type { RefreshService } from './refresh-service.ts'
import { Schedule } from './schedule.ts'
import { EVERYTHING } from './scope.ts'

/** Starts the schedule by which everything is refreshed. */
export async function startCycles({
  everyMs,
  onStart,
  store,
  refreshes,
  clock,
  log,
}: {
  /** The interval of the schedule. */
  everyMs: number
  /** Whether it begins with a refresh. */
  onStart: boolean
  store: Store
  refreshes: RefreshService
  clock: Clock
  log: Logger
}): Promise<Schedule> {
  const refreshEverything = (trigger: 'SCHEDULE' | 'STARTUP') => {
    refreshes
      .request({ trigger, requestedBy: null, scope: EVERYTHING, sync: true, force: false })
      .catch((failure: unknown) =>
        log.error(
          { event: 'refresh.not_started', err: failure },
          'the scheduled refresh could not be started',
        ),
      )
  }
  if (onStart) refreshEverything('STARTUP')
  // Without a refresh on start, a refresh that fell due while Rollcall did not run starts now.
  const last = onStart ? null : await store.refreshes.lastCycle()
  return new Schedule({
    clock,
    everyMs,
    firstAt: Math.max(clock.now(), (last?.createdAt ?? clock.now()) + everyMs),
    run: () => refreshEverything('SCHEDULE'),
  })
}
