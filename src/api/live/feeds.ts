import type { Summary } from '../../store/device-store.ts'
import { DeviceFeed } from './device-feed.ts'
import { RefreshFeed } from './refresh-feed.ts'
import { type FeedServices, SharedReads } from './shared-reads.ts'
import { FairYield } from './update-pacer.ts'

/**
 * The state that all subscriptions of a server share, so that a thousand equal ones cost little more than
 * one.
 */
export class Feeds {
  /** Aborts when the server closes. Subscriptions end with its reason. */
  readonly closing: AbortSignal
  readonly fairYield = new FairYield()
  readonly refreshes: RefreshFeed
  readonly devices: DeviceFeed
  /** The counts over filters that several subscribers ask for at once. */
  readonly summaries: SharedReads<Summary>

  constructor(services: FeedServices, closing: AbortSignal) {
    this.closing = closing
    this.refreshes = new RefreshFeed(services)
    this.devices = new DeviceFeed(services)
    this.summaries = new SharedReads({ clock: services.clock })
  }

  close(): void {
    this.refreshes.close()
    this.devices.close()
    this.summaries.clear()
  }
}
