import type { ProbeReport, ProbeTask } from '../../netconf/report/probe-report.ts'
import { withoutProbe } from './without-probe.ts'

/** A probe that somebody waits for and a thread is to answer for. */
export class PendingProbe {
  readonly task: ProbeTask
  readonly #signal: AbortSignal
  readonly #onAbort: () => void
  readonly #result = Promise.withResolvers<ProbeReport>()
  readonly #startedAt = Date.now()
  readonly #begun = performance.now()
  /** Whether a thread has it. */
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

  /** For a probe that threw. */
  reject(bug: Error): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#result.reject(bug)
  }

  /** Settles it without its thread: as CANCELLED where that was asked for, else as `reportAt` says. */
  endWith(reportAt: (at: number) => ProbeReport): void {
    const report = this.#signal.aborted ? cancelledProbe(this.#startedAt) : reportAt(this.#startedAt)
    this.settle({ ...report, durationMs: performance.now() - this.#begun })
  }
}

/** The report of a probe that was cancelled before anything came of it. `at` is epoch milliseconds. */
export function cancelledProbe(at: number): ProbeReport {
  return { ...withoutProbe('The probe was cancelled before it ended.', at), outcome: 'CANCELLED' }
}

/** The report of a probe that ran out of time without a word from its thread. `at` is epoch milliseconds. */
export function timedOutProbe(message: string, at: number): ProbeReport {
  return { ...withoutProbe(message, at), outcome: 'TIMEOUT' }
}
