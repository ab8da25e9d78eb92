import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Closable } from '../../base/close.ts'
import type { Logger } from '../../base/log.ts'
import { onAbort } from '../../base/on-abort.ts'
import type { ProbeReport } from '../../netconf/report/probe-report.ts'
import { SharedCapabilityLists } from '../pool/probe-messages.ts'
import { cancelledReport, skippedReport } from '../pool/unprobed-reports.ts'
import { QueueRetry } from './queue-retry.ts'
import { decodeAnswers, encodeTask, type RemoteAnswer, type RemoteTask } from './task-format.ts'
import type { QueuedTask, TaskQueue } from './task-queue.ts'

/** How long a task waits for others before they are entered together, and how many at most. */
const GATHER_MS = 30
const MAX_TASKS = 200
/** Messages that are taken at once. Each has up to a hundred answers. */
const MAX_MESSAGES = 20
/** The pause after a look that has found no answer. It doubles up to the longest. */
const MIN_LOOK_MS = 40
const MAX_LOOK_MS = 160
const SUPERVISE_EVERY_MS = 2_000
/** How long `close` tries to remove the tasks from the queue. */
const MAX_CLOSE_MS = 2_000

/** Returned instead of a report if no prober of the region is there to probe the device. */
export const NO_PROBER = Symbol('no prober')

type Result = ProbeReport | typeof NO_PROBER

/** A task that the engine waits for. */
interface PendingTask extends QueuedTask {
  region: string
  /** Epoch milliseconds. */
  putAt: number
  /** Whether it may be in the queue. */
  isPut: boolean
  settle(result: Result): void
}

/** Has devices probed by the probers of their regions, through the queue. */
export class RemotePool implements Closable {
  readonly #queue: TaskQueue
  readonly #clock: Clock
  readonly #log: Logger
  readonly #closing = new AbortController()
  readonly #retry: QueueRetry
  readonly #lists = new SharedCapabilityLists()
  readonly #pending = new Map<string, PendingTask>()
  /** The tasks to enter and the ids to remove, by region. */
  #toPut = new Map<string, PendingTask[]>()
  #toDrop = new Map<string, string[]>()
  #sending: Promise<void> | undefined
  #receiving: Promise<void> | undefined
  #closed: Promise<void> | undefined

  /** @param options.queue is closed with the pool */
  constructor(options: { queue: TaskQueue; clock: Clock; log: Logger }) {
    this.#queue = options.queue
    this.#clock = options.clock
    this.#log = options.log
    this.#retry = new QueueRetry(options.log, this.#closing.signal)
  }

  /**
   * Has a device probed in a region. A probe that is cancelled ends at once; its prober ends it within a
   * second. A probe that two probers have given back ends as SKIPPED. Never rejects.
   */
  probe(task: RemoteTask, region: string, signal: AbortSignal): Promise<Result> {
    const putAt = this.#clock.now()
    if (signal.aborted || this.#closed !== undefined) return Promise.resolve(cancelledReport(putAt))
    const { promise, resolve } = Promise.withResolvers<Result>()
    const cancel = () => {
      this.#drop([pending])
      pending.settle(cancelledReport(putAt))
    }
    const pending: PendingTask = {
      id: randomUUID(),
      text: encodeTask(task),
      timeoutMs: task.timeoutMs,
      region,
      putAt,
      isPut: false,
      settle: (result) => {
        this.#pending.delete(pending.id)
        ignoreAbort()
        resolve(result)
      },
    }
    const ignoreAbort = onAbort(signal, cancel)
    this.#pending.set(pending.id, pending)
    listOf(this.#toPut, region).push(pending)
    this.#sending ??= this.#send()
    this.#receiving ??= this.#receive()
    return promise
  }

  /** Returns how many probes of a region have no answer yet. */
  countOf(region: string): number {
    let count = 0
    for (const pending of this.#pending.values()) if (pending.region === region) count += 1
    return count
  }

  /** Takes back all tasks of a region whose probers are gone. They end as NO_PROBER. */
  takeBack(region: string): void {
    const tasks = [...this.#pending.values()].filter((pending) => pending.region === region)
    this.#drop(tasks)
    for (const task of tasks) task.settle(NO_PROBER)
  }

  /** Ends the probes in flight as CANCELLED, and removes their tasks from the queue. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const timer = setTimeout(() => this.#closing.abort(), MAX_CLOSE_MS)
    this.#drop([...this.#pending.values()])
    for (const { putAt, settle } of [...this.#pending.values()]) settle(cancelledReport(putAt))
    await Promise.all([this.#sending, this.#receiving])
    clearTimeout(timer)
    await this.#queue.close()
  }

  #drop(tasks: readonly PendingTask[]): void {
    for (const { id, region, isPut } of tasks) if (isPut) listOf(this.#toDrop, region).push(id)
    if (this.#toDrop.size > 0) this.#sending ??= this.#send()
  }

  /** Enters and removes tasks until there are none. */
  async #send(): Promise<void> {
    try {
      while (this.#toPut.size + this.#toDrop.size > 0) {
        if (this.#closed === undefined) await this.#retry.pause(GATHER_MS)
        const [toPut, toDrop] = [this.#toPut, this.#toDrop]
        this.#toPut = new Map()
        this.#toDrop = new Map()
        for (const [region, ids] of toDrop) await this.#retry.run(() => this.#queue.drop(region, ids))
        for (const [region, tasks] of toPut) await this.#put(region, tasks)
      }
    } catch {
      // The pool is closing, and the database does not answer. The next engine empties the queue.
    } finally {
      this.#sending = undefined
    }
  }

  async #put(region: string, tasks: readonly PendingTask[]): Promise<void> {
    for (let start = 0; start < tasks.length; start += MAX_TASKS) {
      await this.#retry.run(async () => {
        // While the database did not answer, some may have been cancelled.
        const wanted = tasks.slice(start, start + MAX_TASKS).filter(({ id }) => this.#pending.has(id))
        for (const task of wanted) task.isPut = true
        if (wanted.length > 0) await this.#queue.put(region, wanted)
      })
    }
  }

  /** Takes answers while any are expected. */
  async #receive(): Promise<void> {
    let lookMs = MIN_LOOK_MS
    let supervisedAt = this.#clock.elapsed()
    try {
      while (this.#pending.size > 0) {
        const count = await this.#retry.run(() => this.#takeAnswers())
        lookMs = count > 0 ? MIN_LOOK_MS : Math.min(MAX_LOOK_MS, lookMs * 2)
        if (this.#clock.elapsed() - supervisedAt >= SUPERVISE_EVERY_MS) {
          await this.#retry.run(() => this.#queue.supervise())
          supervisedAt = this.#clock.elapsed()
        }
        if (count < MAX_MESSAGES) await this.#retry.pause(lookMs)
      }
    } catch {
      // The pool is closing, and the database does not answer.
    } finally {
      this.#receiving = undefined
    }
  }

  /** Returns the number of messages. */
  async #takeAnswers(): Promise<number> {
    const taken = await this.#queue.takeAnswers(MAX_MESSAGES)
    for (const message of taken.messages) for (const answer of this.#answersOf(message)) this.#settle(answer)
    for (const id of taken.lost) this.#settleLost(id)
    await this.#queue.removeAnswers(taken)
    return taken.ids.length
  }

  #answersOf(message: string): RemoteAnswer[] {
    try {
      return decodeAnswers(message, this.#lists)
    } catch (failure) {
      // Nobody keeps its tasks any more, so they are given back.
      this.#log.error(
        { event: 'queue.message_unreadable', err: failure },
        'a message of a prober cannot be read',
      )
      return []
    }
  }

  /** Settles the task; a second answer to it is ignored. */
  #settle({ id, report }: RemoteAnswer): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#drop([pending])
    // The clock of the prober may differ. The probe has run since the task was entered and has ended by now.
    const latest = Math.max(pending.putAt, this.#clock.now() - report.durationMs)
    const startedAt = Math.round(Math.min(Math.max(report.startedAt, pending.putAt), latest))
    pending.settle({ ...report, startedAt })
  }

  #settleLost(id: string): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#drop([pending])
    const message =
      `Two probers of the region ${pending.region} stopped while they probed this device, so it was not ` +
      'tried again. Their logs may say why; refresh the device again.'
    pending.settle(skippedReport(message, pending.putAt))
  }
}

function listOf<T>(lists: Map<string, T[]>, key: string): T[] {
  const known = lists.get(key)
  if (known) return known
  const list: T[] = []
  lists.set(key, list)
  return list
}
