import type { DeviceRow } from '../../store/device-store.ts'
import type { Store } from '../../store/store.ts'
import { type FeedServices, type SharedFilter, SharedReads } from './shared-reads.ts'

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
  changesAfter(change: number, { now, text }: SharedFilter): Promise<DeviceBatch> {
    return this.#batches.get(`${change} ${text}`, async () => {
      const { deviceIds, upTo } = this.#journal.since(change, MAX_BATCH)
      const found = await this.#store.devices.byIds(deviceIds, now())
      const byId = new Map(found.map((device) => [device.id, device]))
      return { devices: deviceIds.flatMap((id) => byId.get(id) ?? []), upTo }
    })
  }

  close(): void {
    this.#stopListening()
    this.#batches.clear()
  }
}

/** Remembers in which order devices changed. Changes are numbered 1, 2, 3 … */
export class DeviceJournal {
  /** Sorted by change. If a device changed again, its earlier entries are ignored. */
  #entries: { change: number; deviceId: number }[] = []
  readonly #lastChange = new Map<number, number>()
  #head = 0

  /** The number of the last change; 0 before the first. */
  get head(): number {
    return this.#head
  }

  record(deviceIds: readonly number[]): void {
    for (const deviceId of deviceIds) {
      this.#head += 1
      this.#entries.push({ change: this.#head, deviceId })
      this.#lastChange.set(deviceId, this.#head)
    }
    // Keeps the journal shorter than twice the number of its devices, however often they change.
    if (this.#entries.length > 2 * this.#lastChange.size) {
      this.#entries = this.#entries.filter((entry) => this.#isLast(entry))
    }
  }

  /**
   * Returns the first devices, at most `limit`, that changed after a change, each once, and the last change
   * that they cover.
   */
  since(change: number, limit: number): { deviceIds: number[]; upTo: number } {
    const deviceIds: number[] = []
    for (let index = this.#indexAfter(change); index < this.#entries.length; index += 1) {
      const entry = this.#entries[index]
      if (!entry || !this.#isLast(entry)) continue
      deviceIds.push(entry.deviceId)
      if (deviceIds.length === limit) return { deviceIds, upTo: entry.change }
    }
    return { deviceIds, upTo: this.#head }
  }

  /** Returns the index of the first entry after a change. */
  #indexAfter(change: number): number {
    let [low, high] = [0, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.change ?? 0) <= change) low = middle + 1
      else high = middle
    }
    return low
  }

  #isLast({ change, deviceId }: { change: number; deviceId: number }): boolean {
    return this.#lastChange.get(deviceId) === change
  }
}
