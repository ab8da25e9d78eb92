import type { Viewer } from './auth/authenticated-session.ts'
import { Deadline } from './limits/deadline.ts'
import type { FeedServices } from './live/feed-services.ts'
import type { Feeds } from './live/feeds.ts'
import { createLoaders, type Loaders } from './loaders/loaders.ts'
import { tracked } from './tracked.ts'

/** What the API is built over. The composition root provides it. */
export interface ApiServices extends FeedServices {
  gateway: {
    version: string
    /** Epoch milliseconds. */
    startedAt: number
    requiredCapabilities: readonly string[]
    /** Epoch milliseconds of the next scheduled refresh; null before there is a schedule. */
    nextScheduledRefreshAt(): number | null
    /** The same for the first scheduled refresh that is not before `at`. */
    scheduledFrom(at: number): number | null
    /** Interval of the schedule. */
    everyMs: number
    probePool(): { workers: number; inFlight: number; replaced: number }
  }
}

/** What a resolver has at hand: the services, and loaders that live as long as one operation, or one event of it. */
export interface ApiContext extends ApiServices {
  /** As they are given to every context. */
  services: ApiServices
  feeds: Feeds
  /** Of a query; `store` keeps to it. */
  deadline: Deadline
  loaders: Loaders
  /** Who asks. Of an event only the role counts: many are sent it. */
  viewer: Viewer
}

export function createContext(services: ApiServices, feeds: Feeds, viewer: Viewer): ApiContext {
  const deadline = new Deadline()
  const store = tracked(services.store, () => deadline.check())
  return {
    services,
    store,
    refreshes: services.refreshes,
    clock: services.clock,
    gateway: services.gateway,
    feeds,
    deadline,
    loaders: createLoaders(store),
    viewer,
  }
}

/**
 * The context to resolve one event of a subscription in, for all who are sent it: with loaders that have not loaded
 * anything, or the second event would be answered with the rows of the first, and with nothing of any one request but
 * the role, which they all have.
 */
export function contextOfEvent({ services, feeds, viewer }: ApiContext): ApiContext {
  const anyOfThem = { name: 'a subscriber', role: viewer.role }
  return createContext(services, feeds, anyOfThem)
}
