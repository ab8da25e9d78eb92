import type { Clock } from '../../base/clock.ts'
import type { RefreshService } from '../../refresh/refresh-service.ts'
import type { Store } from '../../store/store.ts'

/** The services that feed subscriptions. */
export interface FeedServices {
  store: Store
  refreshes: RefreshService
  clock: Clock
}
