import { isVerdict } from '../netconf/protocol/outcome.ts'
import type { ProbeReport } from '../netconf/report/probe-report.ts'
import type { TargetRow } from '../store/refresh-store.ts'
import type { FailureCount } from './back-off.ts'

/** A device that refreshes which are under way are to probe. */
interface Claimed {
  refreshes: number
  probes: number
  /** Where it stands since the last verdict of any of them; null where there is none yet. */
  count: FailureCount | null
  /** That verdict, where others wait for one. */
  report: ProbeReport | null
}

/**
 * What refreshes that overlap find of the same devices: what one has just been told the others need not ask again, and
 * failures in a row are counted over all of them. What it knows of a device it forgets with the last of its refreshes.
 */
export class ConcurrentProbes {
  readonly #claimed = new Map<number, Claimed>()

  /** A refresh is to probe these devices; the returned function is called once its results are committed. */
  claim(targets: readonly Pick<TargetRow, 'deviceId'>[]): () => void {
    for (const { deviceId } of targets) {
      const known = this.#claimed.get(deviceId)
      if (known) known.refreshes += 1
      else this.#claimed.set(deviceId, { refreshes: 1, probes: 0, count: null, report: null })
    }
    return () => {
      for (const { deviceId } of targets) {
        const known = this.#claimed.get(deviceId)
        if (!known) continue
        known.refreshes -= 1
        if (known.refreshes === 0) this.#claimed.delete(deviceId)
      }
    }
  }

  /** Has the device known to be asked while `ask` does so. */
  async during<T>(deviceId: number, ask: () => Promise<T>): Promise<T> {
    const known = this.#claimed.get(deviceId)
    if (known) known.probes += 1
    try {
      return await ask()
    } finally {
      if (known) known.probes -= 1
    }
  }

  isBeingProbed(deviceId: number): boolean {
    return (this.#claimed.get(deviceId)?.probes ?? 0) > 0
  }

  /** What the device was last found to be by a refresh that is under way, at `since` (epoch milliseconds) or later. */
  reportSince(deviceId: number, since: number): ProbeReport | null {
    const report = this.#claimed.get(deviceId)?.report ?? null
    return report && report.startedAt + report.durationMs >= since ? report : null
  }

  /** Where a device stands with this report, which is counted once, however many refreshes keep it. */
  countOnce(
    target: TargetRow,
    report: ProbeReport,
    count: (before: FailureCount) => FailureCount,
  ): FailureCount {
    const known = this.#claimed.get(target.deviceId)
    if (known?.count && known.report === report) return known.count
    const counted = count(known?.count ?? target)
    if (known && isVerdict(report.outcome)) {
      known.count = counted
      known.report = known.refreshes > 1 ? report : null
    }
    return counted
  }
}
