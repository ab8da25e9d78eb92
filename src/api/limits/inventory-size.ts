import type { Clock } from '../../base/clock.ts'
import type { Store } from '../../store/store.ts'

/** The time for which a count is exact enough for the cost of operations. */
const KEPT_MS = 10_000

/** Gives the approximate number of devices at once, without waiting for the database. */
export class InventorySize {
  readonly #store: Store
  readonly #clock: Clock
  #devices = 0
  #countedAt = Number.NEGATIVE_INFINITY

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#store = store
    this.#clock = clock
  }

  /** The number of active devices some seconds ago; 0 before the first count. */
  get devices(): number {
    if (Math.abs(this.#clock.now() - this.#countedAt) >= KEPT_MS) void this.count()
    return this.#devices
  }

  /** Never rejects: if the database does not answer, the last count stays. */
  async count(): Promise<void> {
    this.#countedAt = this.#clock.now()
    try {
      this.#devices = await this.#store.devices.count({})
    } catch {
      // The next query that reads the database reports the error.
    }
  }
}
