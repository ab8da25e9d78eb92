import type { Closable } from '../../base/close.ts'
import type { Logger } from '../../base/log.ts'
import { moduleUrl } from '../../base/module-url.ts'
import type { OnVerdict } from '../../netconf/probe.ts'
import type { ProbeReport, ProbeTask } from '../../netconf/report/probe-report.ts'
import { withPhaseSpans } from './phase-spans.ts'
import { SharedCapabilityLists } from './probe-messages.ts'
import { ProbeWorker } from './probe-worker.ts'

const STALL_MS = 10_000
/** The number of ticks in the time that counts as a stall. */
const TICKS_PER_STALL = 10
/** A probe has some seven steps, so it then waits for the processor for two of its ten seconds. */
const BUSY_AFTER_MS = 250
/** The time that `close` waits for a thread that native code keeps from ending. */
const MAX_CLOSE_MS = 5_000
/** After a refresh, a thread holds some 80 MB. A new one starts within some tenths of a second. */
const KEEP_MS = 20_000

/** The state of the pool, for metrics. */
export interface ProbePoolStats {
  /** The most threads that run at once. */
  workers: number
  inFlight: number
  /** The number of threads that stalled or died since the start. */
  replaced: number
}

/**
 * Runs probes in worker threads, any number at once in each. A thread starts when it is needed, and ends once
 * it had no probe for a while.
 *
 * No library fits, since they distribute tasks that occupy a thread. In piscina and tinypool, a task that can
 * be aborted has a thread of its own, and an abort ends that thread. workerpool gives a thread one task at a
 * time. None of them batches tasks or results into messages, or detects a thread whose event loop has
 * stalled.
 */
export class ProbePool implements Closable {
  readonly #workers: readonly ProbeWorker[]
  readonly #log: Logger
  readonly #tickMs: number
  #ticking: NodeJS.Timeout | undefined
  #closed: Promise<void> | undefined

  /**
   * @param options.stallMs a thread whose event loop has not turned for this long is replaced, and a probe
   * that has not ended this long after its deadline is given up; default 10,000
   * @param options.keepMs a thread that had no probe for this long ends; default 20,000
   * @param options.threadFile the main file of the threads; default probe-thread.ts
   */
  constructor(options: {
    workers: number
    log: Logger
    stallMs?: number
    keepMs?: number
    threadFile?: URL
  }) {
    const { workers, log, stallMs = STALL_MS, keepMs = KEEP_MS } = options
    this.#log = log
    this.#tickMs = stallMs / TICKS_PER_STALL
    const lists = new SharedCapabilityLists()
    const threadFile = options.threadFile ?? moduleUrl('./probe-thread.ts', import.meta.url)
    this.#workers = Array.from(
      { length: workers },
      () => new ProbeWorker({ threadFile, stallMs, keepMs, tickMs: this.#tickMs, lists, log }),
    )
  }

  /**
   * Probes a device as `probe` of netconf/probe.ts does, but in another thread. A probe also ends as TIMEOUT
   * if its thread stalls, as SKIPPED if it dies, and as CANCELLED once the pool is closed. Reports with the
   * same capabilities share one array. Rejects only if the probe threw, which is a bug.
   *
   * @param onVerdict is called with the report as soon as it is known, before the connection is closed and
   * the result resolves
   */
  probe(task: ProbeTask, signal: AbortSignal, onVerdict: OnVerdict = () => undefined): Promise<ProbeReport> {
    if (this.#closed === undefined) this.#ticking ??= setInterval(() => this.#tick(), this.#tickMs)
    const probe = (tell: OnVerdict) => this.#leastBusy().probe(task, signal, tell)
    const { traceParent } = task
    return traceParent === undefined ? probe(onVerdict) : withPhaseSpans(traceParent, onVerdict, probe)
  }

  /** Returns whether a thread has more to do than it can do in time, so that further probes would slow it. */
  isBusy(): boolean {
    return this.#workers.some(({ latenessMs }) => latenessMs > BUSY_AFTER_MS)
  }

  stats(): ProbePoolStats {
    const sum = (of: (worker: ProbeWorker) => number) =>
      this.#workers.reduce((total, worker) => total + of(worker), 0)
    return {
      workers: this.#workers.length,
      inFlight: sum(({ inFlight }) => inFlight),
      replaced: sum(({ replaced }) => replaced),
    }
  }

  /** Ends the probes in flight as CANCELLED, then the threads. Takes at most five seconds. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    clearInterval(this.#ticking)
    const timeLimit = Promise.withResolvers<'late'>()
    const timer = setTimeout(() => timeLimit.resolve('late'), MAX_CLOSE_MS)
    const closing = Promise.all(this.#workers.map((worker) => worker.close()))
    if ((await Promise.race([closing, timeLimit.promise])) === 'late') {
      this.#log.warn(
        { event: 'probe_thread.still_running' },
        'a probe thread that stalled is not gone yet; the process may end late',
      )
    }
    clearTimeout(timer)
  }

  #tick(): void {
    for (const worker of this.#workers) worker.tick()
  }

  #leastBusy(): ProbeWorker {
    const usable = this.#workers.filter(({ isFailing }) => !isFailing)
    const [first, ...others] = usable.length > 0 ? usable : this.#workers
    if (first === undefined) throw new Error('A pool has at least one worker.')
    return others.reduce((least, worker) => (worker.inFlight < least.inFlight ? worker : least), first)
  }
}
