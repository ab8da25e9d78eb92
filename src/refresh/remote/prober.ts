import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { Closable } from '../../base/close.ts'
import { RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { OnVerdict } from '../../netconf/probe.ts'
import type { ProbeCredential, ProbeReport, ProbeTask } from '../../netconf/report/probe-report.ts'
import { bugReport, skippedReport } from '../pool/unprobed-reports.ts'
import { BUSY_CONCURRENCY } from '../throttle/throttle.ts'
import { QueueRetry } from './queue-retry.ts'
import { decodeTask, encodeAnswers, type RemoteAnswer } from './task-format.ts'
import type { Claim, TaskQueue } from './task-queue.ts'

/** The most tasks that are taken at once, and the share of the room that they may fill. */
const MAX_TASKS = 100
const SHARE_OF_ROOM = 1 / 4
/** The pause between two looks for tasks if none is in flight; the second one after 10 s without tasks. */
const LOOK_EVERY_MS = 40
const IDLE_LOOK_EVERY_MS = 400
const IDLE_AFTER_MS = 10_000
/** How many times longer the pause of a prober is that has no room. */
const MAX_PAUSE_FACTOR = 4
/** How long an answer waits for others, and how many are sent together. */
const GATHER_MS = 50
const MAX_ANSWERS = 100
/** No task is taken while more answers than this wait for a database that does not answer. */
const MAX_UNSENT = 1_000
/** A probe that was cancelled ends within this time. */
const KEEP_EVERY_MS = 600
/** How often the prober checks that the engine still has its regions. */
const CHECK_EVERY_MS = 10_000
/** How long the probes in flight may take when the prober ends; the others are given back. */
const DRAIN_MS = 20_000

export interface ProberOptions {
  /** Closed with the prober. */
  queue: TaskQueue
  regions: readonly string[]
  /** Probes at once. */
  concurrency: number
  /** Returns whether the probes in flight are as many as the processor can do. Default: never. */
  isBusy?: () => boolean
  /** The credentials that this prober has. */
  credentials: readonly (ProbeCredential & { name: string })[]
  /** May call `onVerdict` with the report before it resolves, which is when the connection is closed. */
  probe: (task: ProbeTask, signal: AbortSignal, onVerdict: OnVerdict) => Promise<ProbeReport>
  /** Names the prober in messages. */
  name: string
  log: Logger
}

/** A task that this prober has taken and not answered yet. */
interface TakenTask {
  /** The latest delivery. */
  claim: Claim
  region: string
  abort: AbortController
  /** Null while it is being probed. */
  answer: RemoteAnswer | null
}

/**
 * Takes tasks from the queues of its regions, probes, and answers. It keeps its tasks while it works on them;
 * one that it could not keep, because the engine has removed it or it was given back, it drops.
 */
export class Prober implements Closable {
  readonly #options: ProberOptions
  #credentials: ReadonlyMap<string, ProbeCredential>
  /** By the id of the task. */
  readonly #taken = new Map<string, TakenTask>()
  /** Aborts when no more tasks are taken. */
  readonly #stopping = new AbortController()
  /** Aborts when nothing is waited for any more. */
  readonly #ending = new AbortController()
  readonly #retry: QueueRetry
  readonly #taking: QueueRetry
  readonly #loops: Promise<void>[]
  readonly #failed = Promise.withResolvers<never>()
  #running = 0
  #onChange: (() => void) | undefined
  #closed: Promise<void> | undefined

  constructor(options: ProberOptions) {
    this.#options = options
    this.#credentials = byName(options.credentials)
    this.#retry = new QueueRetry(options.log, this.#ending.signal)
    this.#taking = new QueueRetry(options.log, this.#stopping.signal)
    this.#failed.promise.catch(() => undefined)
    // Each region has a loop of its own, which waits for the signal.
    setMaxListeners(0, this.#stopping.signal, this.#ending.signal)
    this.#loops = [
      ...options.regions.map((region) => this.#take(region)),
      this.#keep(),
      this.#answer(),
      this.#check(),
    ].map((loop) => loop.catch((failure: unknown) => this.#onLoopEnd(failure)))
  }

  /**
   * Rejects with a RollcallError if the engine no longer has the regions, or has another format of tasks;
   * with anything else if the prober cannot go on because of a bug.
   */
  get failed(): Promise<never> {
    return this.#failed.promise
  }

  /** Uses other credentials from the next probe on. */
  use(credentials: ProberOptions['credentials']): void {
    this.#credentials = byName(credentials)
  }

  /** Returns the number of probes in flight. */
  get inFlight(): number {
    return this.#running
  }

  /**
   * Takes no more tasks, and ends when those that it has are answered. After 20 s, or once `signal` aborts,
   * it gives the others back.
   */
  close(signal?: AbortSignal): Promise<void> {
    this.#closed ??= this.#close(signal)
    return this.#closed
  }

  async #close(signal?: AbortSignal): Promise<void> {
    this.#stopping.abort()
    const timeLimit = AbortSignal.any([AbortSignal.timeout(DRAIN_MS), ...(signal ? [signal] : [])])
    const drained = Promise.withResolvers<void>()
    this.#onChange = () => {
      if (this.#taken.size === 0 || timeLimit.aborted) drained.resolve()
    }
    timeLimit.addEventListener('abort', this.#onChange, { once: true })
    this.#onChange()
    await drained.promise
    this.#ending.abort()
    await Promise.all(this.#loops)
    await this.#giveBack()
    await this.#options.queue.close()
  }

  /** A loop ends with the prober. If one ends before that, it is a bug. */
  #onLoopEnd(failure: unknown): void {
    if (!this.#stopping.signal.aborted) this.#failed.reject(failure)
  }

  async #giveBack(): Promise<void> {
    const rest = [...this.#taken.values()]
    for (const { abort } of rest) abort.abort()
    for (const region of this.#options.regions) {
      const claims = rest.filter((task) => task.region === region).map(({ claim }) => claim)
      // Without a database, they are given back once they were not kept for long enough.
      await this.#options.queue.giveBack(region, claims).catch(() => undefined)
    }
  }

  async #take(region: string): Promise<void> {
    let foundAt = performance.now()
    for (;;) {
      const max = await this.#room()
      const tasks = await this.#taking.run(() => this.#options.queue.take(region, max))
      for (const { claim, text } of tasks) this.#start(region, claim, text)
      if (tasks.length > 0) foundAt = performance.now()
      if (tasks.length < max) await this.#taking.pause(this.#lookEveryMs(performance.now() - foundAt))
    }
  }

  /** The busier a prober is, the less often it looks, so that those of a region have equal shares. */
  #lookEveryMs(idleMs: number): number {
    const pauseMs = idleMs < IDLE_AFTER_MS ? LOOK_EVERY_MS : IDLE_LOOK_EVERY_MS
    return pauseMs * (1 + ((MAX_PAUSE_FACTOR - 1) * this.#running) / this.#options.concurrency)
  }

  /** Waits until enough probes may start that looking for tasks is worth it; returns how many to take. */
  async #room(): Promise<number> {
    const { concurrency, isBusy = () => false } = this.#options
    for (;;) {
      const limit = isBusy() ? Math.min(concurrency, BUSY_CONCURRENCY) : concurrency
      const enough = Math.min(Math.ceil(limit / 8), MAX_TASKS)
      const room = limit - this.#running
      const unsent = this.#taken.size - this.#running
      if (room >= enough && unsent < MAX_UNSENT) {
        return Math.min(MAX_TASKS, Math.max(enough, Math.ceil(room * SHARE_OF_ROOM)))
      }
      await this.#taking.pause(LOOK_EVERY_MS)
    }
  }

  #start(region: string, claim: Claim, text: string): void {
    const known = this.#taken.get(claim.id)
    if (known) {
      // It was given back while the database did not answer, and comes again.
      known.claim = claim
      return
    }
    const taken: TakenTask = { claim, region, abort: new AbortController(), answer: null }
    this.#taken.set(claim.id, taken)
    this.#running += 1
    const onVerdict = (report: ProbeReport) => {
      taken.answer ??= { id: claim.id, report }
    }
    void this.#probe(region, text, { signal: taken.abort.signal, onVerdict }).then((report) => {
      this.#running -= 1
      onVerdict(report)
    })
  }

  /** Never rejects. */
  async #probe(
    region: string,
    text: string,
    { signal, onVerdict }: { signal: AbortSignal; onVerdict: OnVerdict },
  ): Promise<ProbeReport> {
    const { probe, log, name } = this.#options
    try {
      const { credential: wanted, ...task } = decodeTask(text)
      const credential = this.#credentials.get(wanted)
      if (credential === undefined) {
        const message =
          `The prober ${name} of the region ${region} has no credential "${wanted}"; add it to ` +
          '`credentials` in the configuration of the prober.'
        return skippedReport(message, Date.now())
      }
      return await probe({ ...task, credential }, signal, onVerdict)
    } catch (bug) {
      log.error({ event: 'probe.bug', err: bug }, 'probe failed by a bug')
      return bugReport(Date.now())
    }
  }

  /** Keeps the tasks, and ends those that are not this prober's any more. */
  async #keep(): Promise<void> {
    for (;;) {
      await this.#retry.pause(KEEP_EVERY_MS)
      for (const region of this.#options.regions) {
        const tasks = [...this.#taken.values()].filter((task) => task.region === region)
        const claims = tasks.map(({ claim }) => claim)
        const kept = await this.#retry.run(() => this.#options.queue.keep(region, claims))
        for (const [index, task] of tasks.entries()) {
          const isCurrent = task.claim === claims[index]
          // An answer is sent in any case, because the engine may not have it yet.
          if (isCurrent && !kept.has(task.claim.id) && task.answer === null) this.#forget(task)
        }
      }
    }
  }

  #forget(task: TakenTask): void {
    task.abort.abort()
    this.#taken.delete(task.claim.id)
    this.#onChange?.()
  }

  async #answer(): Promise<void> {
    for (;;) {
      await this.#retry.pause(GATHER_MS)
      const answered = [...this.#taken.values()].filter(({ answer }) => answer !== null)
      for (let start = 0; start < answered.length; start += MAX_ANSWERS) {
        await this.#send(answered.slice(start, start + MAX_ANSWERS))
      }
    }
  }

  async #send(tasks: readonly TakenTask[]): Promise<void> {
    for (const message of encodeAnswers(tasks.flatMap(({ answer }) => answer ?? []))) {
      const id = randomUUID()
      await this.#retry.run(() => this.#options.queue.answer(id, message))
    }
    for (const { claim } of tasks) this.#taken.delete(claim.id)
    this.#onChange?.()
  }

  async #check(): Promise<void> {
    const { queue, regions } = this.#options
    for (;;) {
      await this.#taking.pause(CHECK_EVERY_MS)
      await queue.expectRegions(regions).catch((failure: unknown) => {
        if (failure instanceof RollcallError && failure.code === 'CONFLICT') this.#failed.reject(failure)
      })
    }
  }
}

function byName(credentials: ProberOptions['credentials']): ReadonlyMap<string, ProbeCredential> {
  return new Map(credentials.map((credential) => [credential.name, credential]))
}
