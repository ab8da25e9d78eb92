import { describesDevice } from '../netconf/outcome/outcome.ts'
import type { ProbeReport } from '../netconf/report/probe-report.ts'
import type { SyncPlanRow } from '../store/inventory/sync-plan-store.ts'
import type { RefreshRow } from '../store/refresh-store.ts'

/** The upper bounds of the buckets of durations, in seconds. */
const PROBE_BOUNDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60]
const SYNC_BOUNDS = [0.1, 0.5, 1, 5, 15, 60, 300]
const REFRESH_BOUNDS = [1, 5, 15, 60, 300, 900, 1_800, 3_600, 7_200]

/** How often something happened, of one kind. */
export interface CountOf<Label extends string> {
  labels: Record<Label, string>
  value: number
}

/** The durations of one kind. */
export interface DurationsOf<Label extends string> {
  labels: Record<Label, string>
  /** How many were at most so long, by the upper bound in seconds. */
  buckets: [bound: number, count: number][]
  /** In seconds. */
  sum: number
  count: number
}

/** What the engine has done since it was started. Plain data. */
export interface ActivityCounts {
  /** Refreshes that have ended, by `trigger` and `state`. */
  refreshes: CountOf<'trigger' | 'state'>[]
  /** By `trigger`. */
  refreshDurations: DurationsOf<'trigger'>[]
  /** Committed results, by `outcome`, `phase` and `region`. */
  probes: CountOf<'outcome' | 'phase' | 'region'>[]
  /** By `region`; without the devices that were skipped or cancelled. */
  probeDurations: DurationsOf<'region'>[]
  /** By `source` and `state`. */
  syncs: CountOf<'source' | 'state'>[]
  /** By `source`. */
  syncDurations: DurationsOf<'source'>[]
}

export const NO_ACTIVITY: ActivityCounts = {
  refreshes: [],
  refreshDurations: [],
  probes: [],
  probeDurations: [],
  syncs: [],
  syncDurations: [],
}

/** Counts what this process does as the engine. */
export class Activity {
  readonly #refreshes = new Counts<'trigger' | 'state'>()
  readonly #refreshDurations = new Durations<'trigger'>(REFRESH_BOUNDS)
  readonly #probes = new Counts<'outcome' | 'phase' | 'region'>()
  readonly #probeDurations = new Durations<'region'>(PROBE_BOUNDS)
  readonly #syncs = new Counts<'source' | 'state'>()
  readonly #syncDurations = new Durations<'source'>(SYNC_BOUNDS)

  refreshEnded({ trigger, state }: Pick<RefreshRow, 'trigger' | 'state'>, durationMs: number): void {
    this.#refreshes.add({ trigger, state })
    this.#refreshDurations.add({ trigger }, durationMs)
  }

  probed({ outcome, phase, durationMs }: ProbeReport, region: string): void {
    this.#probes.add({ outcome, phase, region })
    if (describesDevice(outcome)) this.#probeDurations.add({ region }, durationMs)
  }

  synced({ source, state }: Pick<SyncPlanRow, 'source' | 'state'>, durationMs: number): void {
    this.#syncs.add({ source, state })
    this.#syncDurations.add({ source }, durationMs)
  }

  get counts(): ActivityCounts {
    return {
      refreshes: this.#refreshes.all(),
      refreshDurations: this.#refreshDurations.all(),
      probes: this.#probes.all(),
      probeDurations: this.#probeDurations.all(),
      syncs: this.#syncs.all(),
      syncDurations: this.#syncDurations.all(),
    }
  }
}

class Counts<Label extends string> {
  readonly #byLabels = new Map<string, CountOf<Label>>()

  add(labels: Record<Label, string>): void {
    const key = Object.values(labels).join('\n')
    const known = this.#byLabels.get(key)
    if (known) known.value += 1
    else this.#byLabels.set(key, { labels, value: 1 })
  }

  all(): CountOf<Label>[] {
    return [...this.#byLabels.values()].map((each) => ({ ...each }))
  }
}

class Durations<Label extends string> {
  readonly #bounds: readonly number[]
  readonly #byLabels = new Map<string, DurationsOf<Label>>()

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
  }

  add(labels: Record<Label, string>, durationMs: number): void {
    const key = Object.values(labels).join('\n')
    let known = this.#byLabels.get(key)
    if (!known) {
      known = { labels, buckets: this.#bounds.map((bound) => [bound, 0]), sum: 0, count: 0 }
      this.#byLabels.set(key, known)
    }
    const seconds = durationMs / 1000
    for (const bucket of known.buckets) if (seconds <= bucket[0]) bucket[1] += 1
    known.sum += seconds
    known.count += 1
  }

  all(): DurationsOf<Label>[] {
    return structuredClone([...this.#byLabels.values()])
  }
}
