import type { Clock } from '../../base/clock.ts'
import type { Closable } from '../../base/close.ts'

const LOOK_EVERY_MS = 2_000
/**
 * How long a region counts as served after its last prober was there. A prober that dies is known for another
 * 15 s, so this makes 28 s: enough for one that starts again, and for a network that is cut for 20 s.
 */
const MISSED_AFTER_MS = 13_000

/** A prober that is alive. */
interface LiveProber {
  regions: readonly string[]
}

/** Watches which regions have a prober. */
export class RegionWatch implements Closable {
  readonly #clock: Clock
  readonly #probers: () => Promise<readonly LiveProber[]>
  readonly #onChange: (region: string, isServed: boolean) => void
  /** When each region had a prober for the last time, by the clock's `elapsed`, and whether it is served. */
  readonly #regions: Map<string, { seenAt: number; isServed: boolean }>
  #cancelTimer: (() => void) | undefined
  #looking: Promise<void> | undefined

  /**
   * @param options.regions all of them; each counts as served at first, because its probers may be starting
   * @param options.probers returns the probers that are alive
   * @param options.onChange called when a region is no longer served, and when it is again
   */
  constructor(options: {
    regions: readonly string[]
    probers: () => Promise<readonly LiveProber[]>
    onChange: (region: string, isServed: boolean) => void
    clock: Clock
  }) {
    this.#clock = options.clock
    this.#probers = options.probers
    this.#onChange = options.onChange
    const seenAt = this.#clock.elapsed()
    this.#regions = new Map(options.regions.map((region) => [region, { seenAt, isServed: true }]))
    this.#schedule()
  }

  isServed(region: string): boolean {
    return this.#regions.get(region)?.isServed ?? false
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
    const served = new Set(probers?.flatMap(({ regions }) => regions))
    for (const [region, state] of this.#regions) {
      // While the database does not answer, probers cannot tell that they are alive.
      if (probers === null || served.has(region)) state.seenAt = now
      const isServed = now - state.seenAt < MISSED_AFTER_MS
      if (isServed === state.isServed) continue
      state.isServed = isServed
      this.#onChange(region, isServed)
    }
  }
}
