import type { ProbeReport, ProbeTask } from '../../netconf/report/probe-report.ts'
import { cancelledReport } from './unprobed-reports.ts'

/** A probe that a caller waits for and a thread is to run. */
export class PendingProbe {
  readonly task: ProbeTask
  readonly #signal: AbortSignal
  readonly #onAbort: () => void
  readonly #result = Promise.withResolvers<ProbeReport>()
  readonly #startedAt = Date.now()
  readonly #begun = performance.now()
  /** Whether it was sent to a thread. */
  isSent = false
  /** The tick at which it is given up. */
  overdueAt: number

  /** @param options.signal not aborted yet */
  constructor(task: ProbeTask, options: { signal: AbortSignal; onAbort: () => void; overdueAt: number }) {
    this.task = task
    this.overdueAt = options.overdueAt
    this.#signal = options.signal
    this.#onAbort = options.onAbort
    this.#signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  get result(): Promise<ProbeReport> {
    return this.#result.promise
  }

  get isCancelled(): boolean {
    return this.#signal.aborted
  }

  settle(report: ProbeReport): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#result.resolve(report)
  }

  /** Rejects the result of a probe that threw. */
  reject(bug: Error): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#result.reject(bug)
  }

  /** Settles the probe without its thread: as CANCELLED if it was cancelled, otherwise with `reportAt`. */
  endWith(reportAt: (at: number) => ProbeReport): void {
    const report = this.#signal.aborted ? cancelledReport(this.#startedAt) : reportAt(this.#startedAt)
    this.settle({ ...report, durationMs: performance.now() - this.#begun })
  }
}
