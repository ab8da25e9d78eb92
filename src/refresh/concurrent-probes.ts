import { describesDevice } from '../netconf/outcome/outcome.ts'
import type { ProbeReport } from '../netconf/report/probe-report.ts'
import type { TargetRow } from '../store/refresh-store.ts'
import type { FailureCount } from './back-off.ts'

/** A device that at least one running refresh is to probe. */
interface TrackedDevice {
  refreshes: number
  probes: number
  /** The failures counted with the last result of any of them; null before the first result. */
  count: FailureCount | null
  /** The report of that result; null if no other refresh needs it. */
  report: ProbeReport | null
}

/**
 * Shares the results of devices that several refreshes probe at the same time. A refresh takes a result that
 * another has just found instead of probing again, and failures in a row are counted once for all of them. A
 * device is forgotten when the last of its refreshes ends.
 */
export class ConcurrentProbes {
  readonly #devices = new Map<number, TrackedDevice>()

  /**
   * Registers the devices that a refresh is to probe. Call the returned function once its results are
   * committed.
   */
  track(targets: readonly Pick<TargetRow, 'deviceId'>[]): () => void {
    for (const { deviceId } of targets) {
      const known = this.#devices.get(deviceId)
      if (known) known.refreshes += 1
      else this.#devices.set(deviceId, { refreshes: 1, probes: 0, count: null, report: null })
    }
    return () => {
      for (const { deviceId } of targets) {
        const known = this.#devices.get(deviceId)
        if (!known) continue
        known.refreshes -= 1
        if (known.refreshes === 0) this.#devices.delete(deviceId)
      }
    }
  }

  /** Marks the device as being probed while `probe` runs. */
  async trackProbe<T>(deviceId: number, probe: () => Promise<T>): Promise<T> {
    const known = this.#devices.get(deviceId)
    if (known) known.probes += 1
    try {
      return await probe()
    } finally {
      if (known) known.probes -= 1
    }
  }

  isBeingProbed(deviceId: number): boolean {
    return (this.#devices.get(deviceId)?.probes ?? 0) > 0
  }

  /**
   * Returns the last report of a running refresh on the device, if it ended at `since` (epoch milliseconds)
   * or later.
   */
  reportSince(deviceId: number, since: number): ProbeReport | null {
    const report = this.#devices.get(deviceId)?.report ?? null
    return report && report.startedAt + report.durationMs >= since ? report : null
  }

  /** Returns the failure count after this report, which counts once even if several refreshes store it. */
  countOnce(
    target: TargetRow,
    report: ProbeReport,
    count: (before: FailureCount) => FailureCount,
  ): FailureCount {
    const known = this.#devices.get(target.deviceId)
    if (known?.count && known.report === report) return known.count
    const counted = count(known?.count ?? target)
    if (known && describesDevice(report.outcome)) {
      known.count = counted
      known.report = known.refreshes > 1 ? report : null
    }
    return counted
  }
}
