import { systemClock } from '../../base/clock.ts'
import type { RefreshService } from '../../refresh/refresh-service.ts'
import { RefreshSnapshotView } from '../../refresh/refresh-snapshot.ts'
import { scheduledFrom } from '../../refresh/schedule.ts'
import type { Store } from '../../store/store.ts'
import type { ApiServices } from '../context.ts'
import type { Feeds } from '../live/feeds.ts'
import type { ReaderQuery, ReaderSettings } from './reader-messages.ts'

/** The services that a query needs, made of a store and of the state that came with the query. */
export function servicesOf(
  { holds, gateway }: ReaderSettings,
  { refreshes, nextScheduledRefreshAt: nextAt }: Pick<ReaderQuery, 'refreshes' | 'nextScheduledRefreshAt'>,
  store: Store,
): ApiServices {
  return {
    store,
    refreshes: forQueries<RefreshService>(new RefreshSnapshotView(refreshes, holds)),
    clock: { ...systemClock, now: () => refreshes.at },
    gateway: {
      ...gateway,
      nextScheduledRefreshAt: () => nextAt,
      scheduledFrom: (at) =>
        nextAt === null ? null : scheduledFrom(at, { nextAt, everyMs: gateway.everyMs }),
      probePool: () => ({ workers: 0, inFlight: 0, replaced: 0 }),
    },
  }
}

/** Queries ask for none of it. */
export function noFeeds(): Feeds {
  return forQueries<Feeds>({})
}

/** The part of a service that queries use. Any other is a bug here: mutations and subscriptions stay on the API's thread. */
function forQueries<Service extends object>(part: Partial<Service>): Service {
  return new Proxy(part, {
    get(target, name) {
      if (!(name in target)) throw new Error(`"${String(name)}" is not for queries.`)
      const value: unknown = Reflect.get(target, name, target)
      // Else a method would look for its private fields in the proxy.
      return typeof value === 'function' ? value.bind(target) : value
    },
  }) as Service
}
