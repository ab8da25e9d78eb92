import type { RegionLoad } from '../refresh/remote/regional-probing.ts'
import type { ProcessRow } from '../store/process-store.ts'
import type { DeviceFilter } from '../store/query/filters.ts'
import type { Viewer } from './auth/authenticated-session.ts'
import { type ClientFilter, storeFilter } from './limits/client-filter.ts'
import { Deadline } from './limits/deadline.ts'
import type { Feeds } from './live/feeds.ts'
import type { FeedServices } from './live/shared-reads.ts'
import { createLoaders, type Loaders } from './loaders/loaders.ts'

/** The services that the API uses. The composition root provides them. */
export interface ApiServices extends FeedServices {
  gateway: {
    version: string
    /** When the engine was started, in epoch milliseconds; when this process was, if no engine is known. */
    readonly startedAt: number
    requiredCapabilities: readonly string[]
    /** Epoch milliseconds of the next scheduled refresh; null before there is a schedule. */
    nextScheduledRefreshAt(): number | null
    /** The time of the first scheduled refresh that is not before `at`; null before there is a schedule. */
    scheduledFrom(at: number): number | null
    /** The interval of the schedule. */
    everyMs: number
    probePool(): { workers: number; inFlight: number; replaced: number }
    /** The load of the regions that have probers of their own. */
    regions(): RegionLoad[]
    /** The processes that work on the database, by name. */
    processes(): ProcessRow[]
    /** Whether an engine works, as far as is known. */
    hasEngine(): boolean
    /** Whether no other process may use the database, so that this one is the engine. */
    isAlone: boolean
  }
}

/**
 * The context of a resolver: the services, and loaders that live for one operation, or for one event of a
 * subscription.
 */
export interface ApiContext extends ApiServices {
  /** The same for every context. */
  services: ApiServices
  feeds: Feeds
  /** The deadline of a query. `store` checks it before each read. */
  deadline: Deadline
  loaders: Loaders
  /** Returns the filter of a client as the store takes it. */
  filterOf: (filter: ClientFilter | null | undefined) => DeviceFilter | undefined
  /** The caller. For an event, which many subscribers receive, only the role is set. */
  viewer: Viewer
}

export function createContext(services: ApiServices, feeds: Feeds, viewer: Viewer): ApiContext {
  const deadline = new Deadline()
  const store = tracked(services.store, () => deadline.check())
  const filterOf: ApiContext['filterOf'] = (filter) =>
    filter ? storeFilter(filter, () => services.refreshes.holdConditions()) : undefined
  return {
    services,
    store,
    refreshes: services.refreshes,
    clock: services.clock,
    gateway: services.gateway,
    feeds,
    deadline,
    loaders: createLoaders(store, filterOf),
    filterOf,
    viewer,
  }
}

/**
 * Returns the context that resolves one event of a subscription for all its subscribers. Its loaders are new,
 * since rows that the last event loaded may be out of date. Of the caller it keeps only the role, which all
 * of them have.
 */
export function contextOfEvent({ services, feeds, viewer }: ApiContext): ApiContext {
  const anyOfThem = { name: 'a subscriber', role: viewer.role }
  return createContext(services, feeds, anyOfThem)
}

/** Returns a view of an object that calls `onRead` before each read of a property, however deep. */
export function tracked<T extends object>(target: T, onRead: () => void): T {
  return new Proxy(target, {
    get(owner, name) {
      onRead()
      const value: unknown = Reflect.get(owner, name, owner)
      // Unbound, a method would look for its private fields in the proxy.
      if (typeof value === 'function') return value.bind(owner)
      return typeof value === 'object' && value !== null ? tracked(value, onRead) : value
    },
  })
}
