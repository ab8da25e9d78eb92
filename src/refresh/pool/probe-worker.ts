import { formatDuration } from '../../base/durations.ts'
import type { Logger } from '../../base/log.ts'
import { onAbort } from '../../base/on-abort.ts'
import type { OnVerdict } from '../../netconf/probe.ts'
import type { ProbeReport, ProbeTask } from '../../netconf/report/probe-report.ts'
import type { ProbeOrders, SharedCapabilityLists } from './probe-messages.ts'
import { ProbeThread } from './probe-thread-handle.ts'
import { bugReport, cancelledReport, noThreadReport, timedOutReport } from './unprobed-reports.ts'

/** A busy machine needs time to load the code of a thread. */
const START_LIMIT_MS = 30_000
/** A thread that lived for this long is not short-lived: its end has another cause than the one before. */
const STABLE_AFTER_MS = 10_000
/** After this many short-lived threads in a row, probes are refused until a thread is up. */
const FAILING_AFTER = 5
const MIN_PAUSE_MS = 100
const MAX_PAUSE_MS = 30_000

export interface ProbeWorkerOptions {
  /** The thread's main file. */
  threadFile: URL
  /**
   * A thread whose event loop has not turned for this long is replaced. A probe that has not ended this long
   * after its deadline, or after it was cancelled, is given up.
   */
  stallMs: number
  /** A thread that had no probe for this long ends. */
  keepMs: number
  /** The interval at which `tick` is called. */
  tickMs: number
  lists: SharedCapabilityLists
  log: Logger
}

/**
 * One worker of the pool: it runs one thread at a time, and replaces a thread that stalls or dies.
 *
 * The states of a worker, and what moves it from one to the next:
 *
 * - idle → starting: a probe arrives.
 * - starting → up: the thread sends its first heartbeat.
 * - starting → waiting: the thread could not be created or ended by itself. The next thread gets its probes,
 *   since it has begun none of them.
 * - starting → waiting: no heartbeat came for 30 s. The probes that it was sent end as TIMEOUT.
 * - up → idle: the thread had no probe for a while, and was ended.
 * - up → waiting: the thread stalled (its probes end as TIMEOUT) or died (its probes end as SKIPPED).
 * - waiting → starting: the pause is over. The first in a row is 0 ms. After a second short-lived thread, one
 *   that lived for less than 10 s, it is 100 ms, and it doubles with each further one, up to 30 s.
 * - starting, waiting → failing: five short-lived threads in a row. Probes are refused, and threads are still
 *   started.
 * - failing → up: a thread sends its first heartbeat.
 * - any → closed: `close` was called. Probes in flight end as CANCELLED.
 */
export class ProbeWorker {
  readonly #options: ProbeWorkerOptions
  readonly #probes = new Map<number, PendingProbe>()
  #thread: ProbeThread | null = null
  /** Threads that were asked to end and have not ended yet. */
  readonly #ending = new Set<ProbeThread>()
  #orders: ProbeOrders = { start: [], cancel: [] }
  #sending: NodeJS.Immediate | undefined
  #restarting: NodeJS.Timeout | undefined
  #lastId = 0
  #ticks = 0
  /** Ticks since there was a probe. */
  #unusedTicks = 0
  #replaced = 0
  /** Short-lived threads in a row. */
  #shortLived = 0
  #isClosed = false

  constructor(options: ProbeWorkerOptions) {
    this.#options = options
  }

  get inFlight(): number {
    return this.#probes.size
  }

  /** How many milliseconds a probe waits for the processor at each of its steps. */
  get latenessMs(): number {
    return this.#thread?.latenessMs ?? 0
  }

  /** The number of threads that stalled or died. */
  get replaced(): number {
    return this.#replaced
  }

  /** Whether the worker is in the state failing, in which it refuses probes. */
  get isFailing(): boolean {
    return this.#shortLived >= FAILING_AFTER && this.#thread?.isUp !== true
  }

  async probe(task: ProbeTask, signal: AbortSignal, onVerdict: OnVerdict): Promise<ProbeReport> {
    if (signal.aborted || this.#isClosed) return cancelledReport(Date.now())
    if (this.isFailing) return noThreadReport(Date.now())
    this.#lastId += 1
    const id = this.#lastId
    const pending = new PendingProbe(task, {
      signal,
      onAbort: () => this.#cancel(id),
      onVerdict,
      overdueAt: this.#tickIn(task.timeoutMs + this.#options.stallMs),
    })
    this.#probes.set(id, pending)
    this.#unusedTicks = 0
    this.#orders.start.push({ id, task })
    if (this.#restarting === undefined && this.#thread === null) this.#startThread()
    this.#sendSoon()
    return pending.result
  }

  /** Replaces a thread that has stalled, ends one that is not used, and gives up probes that are overdue. */
  tick(): void {
    this.#ticks += 1
    const silentMs = (this.#thread?.countSilentTicks() ?? 0) * this.#options.tickMs
    const { stallMs } = this.#options
    if (silentMs >= (this.#thread?.isUp ? stallMs : Math.max(stallMs, START_LIMIT_MS)))
      this.#onStall(silentMs)
    for (const [id, pending] of this.#probes) {
      if (this.#ticks >= pending.overdueAt) this.#giveUp(id, pending)
    }
    this.#unusedTicks = this.#probes.size > 0 ? 0 : this.#unusedTicks + 1
    if (this.#unusedTicks * this.#options.tickMs >= this.#options.keepMs) this.#endUnused()
  }

  /** Ends the probes in flight as CANCELLED, then the threads. Resolves once the threads are gone. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#restarting)
    clearImmediate(this.#sending)
    const pending = [...this.#probes.values()]
    this.#probes.clear()
    for (const probe of pending) probe.endWith(cancelledReport)
    const threads = [...this.#ending, ...(this.#thread === null ? [] : [this.#thread])]
    await Promise.all(threads.map((thread) => thread.end()))
  }

  #startThread(): void {
    try {
      this.#thread = new ProbeThread({
        file: this.#options.threadFile,
        // Two heartbeats in each tick, so that each tick sees at least one.
        beatMs: this.#options.tickMs / 2,
        lists: this.#options.lists,
        events: {
          report: (id, report) => this.#probes.get(id)?.report(report),
          closed: (id) => this.#take(id)?.end(),
          bug: (id, bug) => this.#take(id)?.reject(bug),
          died: (reason) => this.#onDeath(reason),
        },
      })
    } catch (failure) {
      // The system cannot create another thread.
      this.#onStartFailure(failure)
    }
  }

  #take(id: number): PendingProbe | undefined {
    const pending = this.#probes.get(id)
    this.#probes.delete(id)
    return pending
  }

  #cancel(id: number): void {
    const pending = this.#probes.get(id)
    if (pending === undefined) return
    pending.overdueAt = Math.min(pending.overdueAt, this.#tickIn(this.#options.stallMs))
    this.#orders.cancel.push(id)
    this.#sendSoon()
  }

  /** Sends everything that is ordered within one turn of the event loop as one message. */
  #sendSoon(): void {
    this.#sending ??= setImmediate(() => {
      this.#sending = undefined
      this.#send()
    })
  }

  #send(): void {
    // Without a thread, the orders are sent to the next one.
    if (this.#thread === null) return
    const orders = this.#orders
    this.#orders = { start: [], cancel: [] }
    for (const { id } of orders.start) {
      const pending = this.#probes.get(id)
      if (pending !== undefined) pending.isSent = true
    }
    this.#thread.post(orders)
  }

  #giveUp(id: number, pending: PendingProbe): void {
    const { task } = pending
    this.#probes.delete(id)
    this.#orders.cancel.push(id)
    this.#sendSoon()
    this.#options.log.error(
      { event: 'probe.given_up', host: task.host, port: task.port },
      'a probe did not end and was given up',
    )
    const message =
      `The probe did not end within ${formatDuration(task.timeoutMs)} and was abandoned; ` +
      'refresh the device again.'
    pending.endWith((at) => timedOutReport(message, at))
  }

  #onStall(silentMs: number): void {
    const thread = this.#thread
    if (thread === null) return
    this.#end(thread)
    const silence = formatDuration(silentMs)
    const message =
      `Rollcall's probe thread stalled for ${silence} during this probe and was replaced; ` +
      'refresh the device again.'
    const ended = this.#replace(thread.ageMs, (at) => timedOutReport(message, at))
    this.#options.log.error(
      { event: 'probe_thread.stalled', silentMs, probes: ended },
      'a probe thread stalled and is replaced',
    )
  }

  #endUnused(): void {
    const thread = this.#thread
    // A thread that is still starting is left to `tick`, which replaces it if it never comes up.
    if (thread === null || !thread.isUp) return
    this.#thread = null
    this.#shortLived = 0
    this.#end(thread)
  }

  #end(thread: ProbeThread): void {
    this.#ending.add(thread)
    // Not awaited: native code that blocks the event loop, such as OpenSSL, also delays the thread's end.
    void thread.end().then(() => this.#ending.delete(thread))
  }

  #onDeath(reason: Error): void {
    const thread = this.#thread
    if (thread === null) return
    if (!thread.isUp) {
      this.#onStartFailure(reason)
      return
    }
    const ended = this.#replace(thread.ageMs, bugReport)
    this.#options.log.error(
      { event: 'probe_thread.died', err: reason, probes: ended },
      'a probe thread died and is replaced',
    )
  }

  /** Replaces a thread that never came up. It has begun none of its probes, so the next thread gets them. */
  #onStartFailure(reason: unknown): void {
    this.#options.log.error(
      { event: 'probe_thread.not_started', err: reason },
      'a probe thread could not start and is replaced',
    )
    for (const [id, pending] of this.#probes) {
      // The order to cancel the probe is lost with the thread.
      if (pending.isCancelled) this.#take(id)?.endWith(cancelledReport)
      if (!pending.isSent || pending.isCancelled) continue
      pending.isSent = false
      this.#orders.start.push({ id, task: pending.task })
    }
    this.#replace(0, bugReport)
    if (!this.isFailing) return
    this.#orders = { start: [], cancel: [] }
    for (const pending of this.#probes.values()) pending.endWith(noThreadReport)
    this.#probes.clear()
  }

  /**
   * Ends the thread's probes with `reportAt`, starts another thread, and returns how many probes were ended.
   */
  #replace(ageMs: number, reportAt: (at: number) => ProbeReport): number {
    this.#thread = null
    this.#replaced += 1
    this.#shortLived = ageMs < STABLE_AFTER_MS ? this.#shortLived + 1 : 1
    let ended = 0
    for (const [id, pending] of this.#probes) {
      if (!pending.isSent) continue
      this.#probes.delete(id)
      pending.endWith(reportAt)
      ended += 1
    }
    // Threads that die as soon as they start must not keep the machine busy.
    const pauseMs =
      this.#shortLived === 1 ? 0 : Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** (this.#shortLived - 2))
    this.#restarting = setTimeout(() => {
      this.#restarting = undefined
      this.#startThread()
      this.#send()
    }, pauseMs)
    return ended
  }

  /** Returns the tick at which `durationMs` will have passed. */
  #tickIn(durationMs: number): number {
    return this.#ticks + Math.ceil(durationMs / this.#options.tickMs) + 1
  }
}

/** A probe that a caller waits for and a thread is to run. */
class PendingProbe {
  readonly task: ProbeTask
  readonly #signal: AbortSignal
  readonly #ignoreAbort: () => void
  readonly #onVerdict: OnVerdict
  readonly #result = Promise.withResolvers<ProbeReport>()
  readonly #startedAt = Date.now()
  readonly #begun = performance.now()
  #reported: ProbeReport | null = null
  /** Whether it was sent to a thread. */
  isSent = false
  /** The tick at which it is given up. */
  overdueAt: number

  /** @param options.signal not aborted yet */
  constructor(
    task: ProbeTask,
    options: { signal: AbortSignal; onAbort: () => void; onVerdict: OnVerdict; overdueAt: number },
  ) {
    this.task = task
    this.#onVerdict = options.onVerdict
    this.overdueAt = options.overdueAt
    this.#signal = options.signal
    this.#ignoreAbort = onAbort(options.signal, options.onAbort)
  }

  get result(): Promise<ProbeReport> {
    return this.#result.promise
  }

  get isCancelled(): boolean {
    return this.#signal.aborted
  }

  /** Takes the report of the thread, which is the result once the probe has ended. */
  report(report: ProbeReport): void {
    this.#reported = report
    this.#onVerdict(report)
  }

  /** Ends a probe that was reported. */
  end(): void {
    if (this.#reported !== null) this.#settle(this.#reported)
  }

  /** Rejects the result of a probe that threw. */
  reject(bug: Error): void {
    this.#ignoreAbort()
    this.#result.reject(bug)
  }

  /**
   * Ends the probe without its thread. Unless it was reported, it ends as CANCELLED if it was cancelled,
   * otherwise with `reportAt`.
   */
  endWith(reportAt: (at: number) => ProbeReport): void {
    const report = this.#signal.aborted ? cancelledReport(this.#startedAt) : reportAt(this.#startedAt)
    this.#settle(this.#reported ?? { ...report, durationMs: performance.now() - this.#begun })
  }

  #settle(report: ProbeReport): void {
    this.#ignoreAbort()
    this.#result.resolve(report)
  }
}
