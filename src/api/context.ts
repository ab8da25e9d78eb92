import type { FeedServices } from './feed-services.ts'
import type { Feeds } from './feeds.ts'
import { createLoaders, type Loaders } from './loaders.ts'

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
  feeds: Feeds
  loaders: Loaders
}

export function createContext(services: ApiServices, feeds: Feeds): ApiContext {
  return { ...services, feeds, loaders: createLoaders(services.store) }
}

/**
 * The context to resolve one event of a subscription in, for all who are sent it: with loaders that have not loaded
 * anything, or the second event would be answered with the rows of the first, and with nothing of any one request.
 */
export function contextOfEvent({ store, refreshes, clock, gateway, feeds }: ApiContext): ApiContext {
  return createContext({ store, refreshes, clock, gateway }, feeds)
}
