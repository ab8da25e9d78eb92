import { DeviceFeed } from './device-feed.ts'
import type { FeedServices } from './feed-services.ts'
import { RefreshSightings } from './refresh-sightings.ts'
import { Turnstile } from './turnstile.ts'

/** What the subscriptions of a server have in common, so that a thousand equal ones cost little more than one. */
export class Feeds {
  /** Aborts when the server closes, for the reason that subscriptions then end with. */
  readonly closing: AbortSignal
  readonly turnstile = new Turnstile()
  readonly refreshes: RefreshSightings
  readonly devices: DeviceFeed

  constructor(services: FeedServices, closing: AbortSignal) {
    this.closing = closing
    this.refreshes = new RefreshSightings(services)
    this.devices = new DeviceFeed(services)
  }

  close(): void {
    this.refreshes.close()
    this.devices.close()
  }
}
