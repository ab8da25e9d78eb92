import type { DeviceRow } from '../../store/device-store.ts'
import type { Store } from '../../store/store.ts'
import { DeviceJournal } from './device-journal.ts'
import type { FeedServices } from './feed-services.ts'
import { type SharedFilter, SharedReads } from './shared-reads.ts'

/** The most devices that a subscriber receives, and holds in memory, at once. */
const MAX_BATCH = 500

/** Devices that changed, as they are when they are read. */
export interface DeviceBatch {
  devices: DeviceRow[]
  /** The number of the last change that was read. */
  upTo: number
}

/** Remembers once for all subscribers which devices changed, and reads them. */
export class DeviceFeed {
  readonly #store: Store
  readonly #journal = new DeviceJournal()
  readonly #batches: SharedReads<DeviceBatch>
  readonly #stopListening: () => void

  constructor({ store, refreshes, clock }: FeedServices) {
    this.#store = store
    this.#batches = new SharedReads({ clock })
    this.#stopListening = refreshes.events.listen((event) => {
      if (event.kind !== 'devices') return
      this.#journal.record(event.deviceIds)
      this.#batches.clear()
    })
  }

  /** The number of the last change. */
  get head(): number {
    return this.#journal.head
  }

  /**
   * Reads the next devices, at most 500, that changed after a change, and returns those that the filter
   * matches.
   */
  changesAfter(change: number, { filter, text }: SharedFilter): Promise<DeviceBatch> {
    return this.#batches.get(`${change} ${text}`, async () => {
      const { deviceIds, upTo } = this.#journal.since(change, MAX_BATCH)
      const found = await this.#store.devices.byIds(deviceIds, filter)
      const byId = new Map(found.map((device) => [device.id, device]))
      return { devices: deviceIds.flatMap((id) => byId.get(id) ?? []), upTo }
    })
  }

  close(): void {
    this.#stopListening()
    this.#batches.clear()
  }
}
