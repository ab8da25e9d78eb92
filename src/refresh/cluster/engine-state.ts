import type { ActivityCounts } from '../activity.ts'
import type { ReceiverCounts } from '../notify/webhooks.ts'
import type { ProbePoolStats } from '../pool/probe-pool.ts'
import type { RefreshSnapshot } from '../refresh-snapshot.ts'
import type { RegionLoad } from '../remote/regional-probing.ts'

/** What the engine tells the other processes about itself, once a second. Plain data, without secrets. */
export interface EngineState extends RefreshSnapshot {
  /** When its process was started, in epoch milliseconds. */
  startedAt: number
  /** Epoch milliseconds. */
  nextScheduledRefreshAt: number
  pausedBecause: string | null
  sinceCycleMs: number | null
  activity: ActivityCounts
  probePool: ProbePoolStats
  webhooks: readonly ReceiverCounts[]
  regions: RegionLoad[]
}
