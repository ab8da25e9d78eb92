import { formatDuration } from '../../base/durations.ts'
import type { Logger } from '../../base/log.ts'
import type { ProbeReport, ProbeTask } from '../../netconf/report/probe-report.ts'
import { PendingProbe } from './pending-probe.ts'
import type { SharedCapabilityLists } from './probe-capability-lists.ts'
import type { ProbeOrders } from './probe-messages.ts'
import { ProbeThread } from './probe-thread-handle.ts'
import { bugReport, cancelledReport, noThreadReport, timedOutReport } from './unprobed-reports.ts'

/** A machine with much else to do takes its time to load what a thread runs. */
const START_LIMIT_MS = 30_000
/** A thread that has lived for so long was not ended by what ended the one before. */
const STEADY_AFTER_MS = 10_000
/** After so many threads in a row that did not live long, probes are refused until one is up. */
const FAILING_AFTER = 5
const MIN_PAUSE_MS = 100
const MAX_PAUSE_MS = 30_000

export interface ProbeWorkerOptions {
  /** The thread's main file. */
  threadFile: URL
  /**
   * A thread whose event loop has not turned for so long is replaced, and a probe that has not ended so long after
   * its deadline, or after it was cancelled, is given up.
   */
  stallMs: number
  /** How often `tick` is called. */
  tickMs: number
  lists: SharedCapabilityLists
  log: Logger
}

/** One place in the pool: a thread for as long as it does well, then another. The first starts when it is needed. */
export class ProbeWorker {
  readonly #options: ProbeWorkerOptions
  readonly #probes = new Map<number, PendingProbe>()
  #thread: ProbeThread | null = null
  /** Threads that were given up and are not gone yet. */
  readonly #leaving = new Set<ProbeThread>()
  #orders: ProbeOrders = { start: [], cancel: [] }
  #sending: NodeJS.Immediate | undefined
  #restarting: NodeJS.Timeout | undefined
  #lastId = 0
  #ticks = 0
  #replaced = 0
  /** Threads in a row that did not live long. */
  #shortLives = 0
  #isClosed = false

  constructor(options: ProbeWorkerOptions) {
    this.#options = options
  }

  get inFlight(): number {
    return this.#probes.size
  }

  /** How many threads stalled or died. */
  get replaced(): number {
    return this.#replaced
  }

  /** Whether one thread after the other has died: probes are refused then. */
  get isFailing(): boolean {
    return this.#shortLives >= FAILING_AFTER && this.#thread?.isUp !== true
  }

  async probe(task: ProbeTask, signal: AbortSignal): Promise<ProbeReport> {
    if (signal.aborted || this.#isClosed) return cancelledReport(Date.now())
    if (this.isFailing) return noThreadReport(Date.now())
    this.#lastId += 1
    const id = this.#lastId
    const pending = new PendingProbe(task, {
      signal,
      onAbort: () => this.#cancel(id),
      overdueAt: this.#tickIn(task.timeoutMs + this.#options.stallMs),
    })
    this.#probes.set(id, pending)
    this.#orders.start.push({ id, task })
    if (this.#restarting === undefined && this.#thread === null) this.#startThread()
    this.#sendSoon()
    return pending.result
  }

  /** Replaces the thread where it has stalled, and gives up probes that should have ended long ago. */
  tick(): void {
    this.#ticks += 1
    const silentMs = (this.#thread?.countSilentTicks() ?? 0) * this.#options.tickMs
    const { stallMs } = this.#options
    if (silentMs >= (this.#thread?.isUp ? stallMs : Math.max(stallMs, START_LIMIT_MS)))
      this.#onStall(silentMs)
    for (const [id, pending] of this.#probes) {
      if (this.#ticks >= pending.overdueAt) this.#giveUp(id, pending)
    }
  }

  /** Ends the probes in flight as CANCELLED and the threads, and resolves once these are gone. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#restarting)
    clearImmediate(this.#sending)
    const pending = [...this.#probes.values()]
    this.#probes.clear()
    for (const probe of pending) probe.endWith(cancelledReport)
    const threads = [...this.#leaving, ...(this.#thread === null ? [] : [this.#thread])]
    await Promise.all(threads.map((thread) => thread.end()))
  }

  #startThread(): void {
    try {
      this.#thread = new ProbeThread({
        file: this.#options.threadFile,
        // Two in a tick, so that each tick sees one.
        beatMs: this.#options.tickMs / 2,
        lists: this.#options.lists,
        events: {
          report: (id, report) => this.#take(id)?.settle(report),
          bug: (id, bug) => this.#take(id)?.reject(bug),
          died: (reason) => this.#onDeath(reason),
        },
      })
    } catch (failure) {
      // The system has no room for another thread.
      this.#onStillbirth(failure)
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

  /** Everything that is asked for in one turn goes as one message. */
  #sendSoon(): void {
    this.#sending ??= setImmediate(() => {
      this.#sending = undefined
      this.#send()
    })
  }

  #send(): void {
    // What cannot be sent now is sent once there is a thread again.
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
    this.#options.log.error({ host: task.host, port: task.port }, 'a probe did not end and was given up')
    const message = `The probe did not end by itself after ${formatDuration(task.timeoutMs)} and was given up; refresh the device again.`
    pending.endWith((at) => timedOutReport(message, at))
  }

  #onStall(silentMs: number): void {
    const thread = this.#thread
    if (thread === null) return
    // Not awaited: what holds the event loop up, OpenSSL for one, may hold up the thread's end as well.
    this.#leaving.add(thread)
    void thread.end().then(() => this.#leaving.delete(thread))
    const silence = formatDuration(silentMs)
    const message = `Rollcall's probe thread stood still for ${silence} while it probed this device among others, and was replaced; refresh the device again.`
    const ended = this.#replace(thread.livedMs, (at) => timedOutReport(message, at))
    this.#options.log.error({ silentMs, probes: ended }, 'a probe thread stalled and is replaced')
  }

  #onDeath(reason: Error): void {
    const thread = this.#thread
    if (thread === null) return
    if (!thread.isUp) {
      this.#onStillbirth(reason)
      return
    }
    const ended = this.#replace(thread.livedMs, bugReport)
    this.#options.log.error({ err: reason, probes: ended }, 'a probe thread died and is replaced')
  }

  /** For a thread that never came up: it has begun none of its probes, so the next one gets them. */
  #onStillbirth(reason: unknown): void {
    this.#options.log.error({ err: reason }, 'a probe thread could not start and is replaced')
    for (const [id, pending] of this.#probes) {
      // The order to cancel it is lost as well.
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

  /** Returns how many probes the thread had. */
  #replace(livedMs: number, reportAt: (at: number) => ProbeReport): number {
    this.#thread = null
    this.#replaced += 1
    this.#shortLives = livedMs < STEADY_AFTER_MS ? this.#shortLives + 1 : 1
    let ended = 0
    for (const [id, pending] of this.#probes) {
      if (!pending.isSent) continue
      this.#probes.delete(id)
      pending.endWith(reportAt)
      ended += 1
    }
    // A thread that dies as soon as it starts must not keep the machine busy with it.
    const pauseMs =
      this.#shortLives === 1 ? 0 : Math.min(MAX_PAUSE_MS, MIN_PAUSE_MS * 2 ** (this.#shortLives - 2))
    this.#restarting = setTimeout(() => {
      this.#restarting = undefined
      this.#startThread()
      this.#send()
    }, pauseMs)
    return ended
  }

  /** The tick at which so much time has passed, as far as ticks can tell. */
  #tickIn(durationMs: number): number {
    return this.#ticks + Math.ceil(durationMs / this.#options.tickMs) + 1
  }
}
