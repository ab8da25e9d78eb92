import type { Clock } from '../base/clock.ts'
import type { RefreshService } from '../refresh/refresh-service.ts'
import type { Store } from '../store/store.ts'
import { createLoaders, type Loaders } from './loaders.ts'

/** What the API is built over. The composition root provides it. */
export interface ApiServices {
  store: Store
  refreshes: RefreshService
  clock: Clock
  gateway: {
    version: string
    /** Epoch milliseconds. */
    startedAt: number
    requiredCapabilities: readonly string[]
    /** Epoch milliseconds of the next scheduled refresh; null where none is planned. */
    nextScheduledRefreshAt(): number | null
  }
}

/** What a resolver has at hand: the services, and loaders that live as long as one operation. */
export interface ApiContext extends ApiServices {
  loaders: Loaders
  /** Aborts when the server closes, for the reason that subscriptions then end with. */
  closing: AbortSignal
}

export function createContext(services: ApiServices, closing: AbortSignal): ApiContext {
  return { ...services, closing, loaders: createLoaders(services.store) }
}

/**
 * The same context with loaders that have not loaded anything: each event of a subscription is resolved with its
 * own, or the second event would be answered with the rows of the first.
 */
export function renewLoaders(context: ApiContext): void {
  context.loaders = createLoaders(context.store)
}
