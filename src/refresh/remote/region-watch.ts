import type { Clock } from '../../base/clock.ts'
import type { Closable } from '../../base/close.ts'

const LOOK_EVERY_MS = 2_000
/**
 * How long a region counts as served after its last prober was there. A prober that dies is known for another
 * 15 s, so this makes 28 s: enough for one that starts again, and for a network that is cut for 20 s.
 */
const MISSED_AFTER_MS = 13_000

/** The concurrency of a prober of an older version, which does not tell it. */
const UNKNOWN = Number.POSITIVE_INFINITY

/** A prober that is alive. */
interface LiveProber {
  regions: readonly string[]
  /** How many devices it probes at once. */
  concurrency: number | null
}

interface RegionState {
  /** When the region had a prober for the last time, by the clock's `elapsed`. */
  seenAt: number
  isServed: boolean
  capacity: number
}

/** Watches which regions have a prober, and how much those can do. */
export class RegionWatch implements Closable {
  readonly #clock: Clock
  readonly #probers: () => Promise<readonly LiveProber[]>
  readonly #onChange: (region: string, isServed: boolean) => void
  readonly #onCapacity: () => void
  /** Resolves after the first look. */
  readonly looked: Promise<void>
  readonly #regions: Map<string, RegionState>
  #cancelTimer: (() => void) | undefined
  #looking: Promise<void> | undefined

  /**
   * @param options.regions all of them; each counts as served at first, because its probers may be starting
   * @param options.probers returns the probers that are alive
   * @param options.onChange called when a region is no longer served, and when it is again
   * @param options.onCapacity called after the capacity of a region has changed, or whether it is served
   */
  constructor(options: {
    regions: readonly string[]
    probers: () => Promise<readonly LiveProber[]>
    onChange: (region: string, isServed: boolean) => void
    onCapacity: () => void
    clock: Clock
  }) {
    this.#clock = options.clock
    this.#probers = options.probers
    this.#onChange = options.onChange
    this.#onCapacity = options.onCapacity
    const seenAt = this.#clock.elapsed()
    this.#regions = new Map(
      options.regions.map((region) => [region, { seenAt, isServed: true, capacity: 0 }]),
    )
    this.#schedule()
    this.looked = this.#looking ?? Promise.resolve()
  }

  isServed(region: string): boolean {
    return this.#regions.get(region)?.isServed ?? false
  }

  /** Returns how many devices the live probers of a region probe at once, all together. */
  capacityOf(region: string): number {
    return this.#regions.get(region)?.capacity ?? 0
  }

  async close(): Promise<void> {
    this.#cancelTimer?.()
    await this.#looking
  }

  #schedule(): void {
    this.#cancelTimer = this.#clock.after(LOOK_EVERY_MS, () => this.#schedule())
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
  }

  async #look(): Promise<void> {
    const probers = await this.#probers().catch(() => null)
    const now = this.#clock.elapsed()
    let hasChanged = false
    for (const [region, state] of this.#regions) {
      const own = probers?.filter(({ regions }) => regions.includes(region))
      // While the database does not answer, probers cannot tell that they are alive.
      const capacity =
        own?.reduce((sum, { concurrency }) => sum + (concurrency ?? UNKNOWN), 0) ?? state.capacity
      if (own === undefined || own.length > 0) state.seenAt = now
      if (capacity !== state.capacity) hasChanged = true
      state.capacity = capacity
      const isServed = now - state.seenAt < MISSED_AFTER_MS
      if (isServed === state.isServed) continue
      state.isServed = isServed
      hasChanged = true
      this.#onChange(region, isServed)
    }
    if (hasChanged) this.#onCapacity()
  }
}
