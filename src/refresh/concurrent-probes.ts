import { describesDevice } from '../netconf/outcome/outcome.ts'
import type { ProbeReport } from '../netconf/report/probe-report.ts'
import type { TargetRow } from '../store/refresh-store.ts'
import type { FailureCount } from './back-off.ts'

/** A device that at least one running refresh is to probe, or did probe while another chose its own. */
interface TrackedDevice {
  refreshes: number
  probes: number
  /** The failures counted with the last stored result of any of them; null before the first one. */
  count: FailureCount | null
  /** The last report of any of them; null if no other refresh needs it. */
  report: ProbeReport | null
}

/** The part that one refresh takes in `ConcurrentProbes`. */
export interface TrackedRefresh {
  /** Registers the devices that the refresh is to probe. Called at most once. */
  add(targets: readonly Pick<TargetRow, 'deviceId'>[]): void
  /** Called when the results of the refresh are committed, or there are none. */
  end(): void
}

/**
 * Shares the results of devices that several refreshes probe at the same time. A refresh takes a result that
 * another has just found instead of probing again, and failures in a row are counted once for all of them. A
 * device is forgotten when the last of its refreshes ends; but while a refresh still chooses its devices,
 * none is, because it may have read a device before the last result.
 */
export class ConcurrentProbes {
  readonly #devices = new Map<number, TrackedDevice>()
  readonly #counted = new WeakSet<ProbeReport>()
  #choosing = 0

  /** Called before a refresh reads which devices it is to probe. */
  begin(): TrackedRefresh {
    let added: readonly Pick<TargetRow, 'deviceId'>[] | null = null
    this.#choosing += 1
    return {
      add: (targets) => {
        added = targets
        for (const { deviceId } of targets) {
          const known = this.#devices.get(deviceId)
          if (known) known.refreshes += 1
          else this.#devices.set(deviceId, { refreshes: 1, probes: 0, count: null, report: null })
        }
        this.#endChoosing()
      },
      end: () => {
        if (added === null) this.#endChoosing()
        for (const { deviceId } of added ?? []) {
          const known = this.#devices.get(deviceId)
          if (!known) continue
          known.refreshes -= 1
          if (known.refreshes === 0 && this.#choosing === 0) this.#devices.delete(deviceId)
        }
      },
    }
  }

  #endChoosing(): void {
    this.#choosing -= 1
    if (this.#choosing > 0) return
    for (const [deviceId, { refreshes }] of this.#devices) {
      if (refreshes === 0) this.#devices.delete(deviceId)
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

  /** Keeps the report for the other refreshes on the device. */
  noteReport(deviceId: number, report: ProbeReport): void {
    const known = this.#devices.get(deviceId)
    if (!known || !describesDevice(report.outcome)) return
    known.report = known.refreshes > 1 || this.#choosing > 0 ? report : null
  }

  /**
   * Returns the failure count to store with this report. Call it each time that the report is about to be
   * stored: reports are counted in the order in which they are stored, which is not always that in which
   * they came, and each one once, even if several refreshes store it.
   */
  countOnce(
    target: TargetRow,
    report: ProbeReport,
    count: (before: FailureCount) => FailureCount,
  ): FailureCount {
    const known = this.#devices.get(target.deviceId)
    const before = known?.count ?? target
    if (this.#counted.has(report)) return before
    const counted = count(before)
    if (known && describesDevice(report.outcome)) {
      known.count = counted
      this.#counted.add(report)
    }
    return counted
  }
}
