import { Worker } from 'node:worker_threads'
import type { ProbeReport } from '../../netconf/report/probe-report.ts'
import {
  CapabilityListReceiver,
  type ProbeAnswer,
  type ProbeOrders,
  type SharedCapabilityLists,
  type ThreadData,
} from './probe-messages.ts'

/**
 * Measured: 200 probes at once need 40 MB of heap, and each further one some 30 kB. The old generation is
 * limited only so that a thread runs out of memory before the gateway does. With half of this young
 * generation, a probe costs a tenth more CPU; twice of it saves nothing and stays resident.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 32 }

/** The events of a thread. After `end` was called, there are none. */
export interface ThreadEvents {
  report(id: number, report: ProbeReport): void
  /** Called after the report, once the connection of the probe is closed. */
  closed(id: number): void
  /** Called if a probe threw, which is a bug. */
  bug(id: number, bug: Error): void
  /** Called if the thread ended by itself. */
  died(reason: Error): void
}

/** The pool's handle of one thread that runs probes. */
export class ProbeThread {
  readonly #worker: Worker
  readonly #beats = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
  readonly #lists: CapabilityListReceiver
  readonly #events: ThreadEvents
  readonly #startedAt = performance.now()
  #beatsSeen = 0
  #silentTicks = 0
  #isEnding = false

  constructor(options: {
    file: URL
    beatMs: number
    lists: SharedCapabilityLists
    events: ThreadEvents
  }) {
    this.#lists = new CapabilityListReceiver(options.lists)
    this.#events = options.events
    const workerData: ThreadData = { beats: this.#beats, beatMs: options.beatMs }
    this.#worker = new Worker(options.file, { name: 'probe', workerData, resourceLimits: RESOURCE_LIMITS })
    let reason: Error | undefined
    this.#worker.on('message', (answers: ProbeAnswer[]) => this.#onAnswers(answers))
    this.#worker.on('error', (problem: Error) => {
      reason = problem
    })
    this.#worker.once('exit', (code) => {
      if (!this.#isEnding) options.events.died(reason ?? new Error(`It ended itself with exit code ${code}.`))
    })
  }

  /** Whether the thread has started and accepts orders. */
  get isUp(): boolean {
    return Atomics.load(this.#beats, 0) > 0
  }

  /** How many milliseconds the timers of the thread were late when it last had time to tell. */
  get latenessMs(): number {
    return Atomics.load(this.#beats, 1)
  }

  get ageMs(): number {
    return performance.now() - this.#startedAt
  }

  /**
   * Returns the number of ticks in a row, including this one, in which the thread's event loop has not
   * turned. It counts ticks rather than milliseconds: if the caller or the machine was suspended, the thread
   * has not stalled.
   */
  countSilentTicks(): number {
    const beats = Atomics.load(this.#beats, 0)
    this.#silentTicks = beats === this.#beatsSeen ? this.#silentTicks + 1 : 0
    this.#beatsSeen = beats
    return this.#silentTicks
  }

  post(orders: ProbeOrders): void {
    this.#worker.postMessage(orders)
  }

  /** Ends the thread and its sockets. Resolves once it is gone, which native code can delay for seconds. */
  async end(): Promise<void> {
    this.#isEnding = true
    await this.#worker.terminate()
  }

  #onAnswers(answers: ProbeAnswer[]): void {
    if (this.#isEnding) return
    for (const answer of answers) {
      if ('bug' in answer) {
        this.#events.bug(answer.id, Object.assign(new Error('The probe threw.'), { stack: answer.bug }))
        continue
      }
      const { id, isClosed } = answer
      if ('report' in answer) {
        const capabilities = answer.list === null ? null : this.#lists.decode(answer.list)
        this.#events.report(id, { ...answer.report, capabilities })
      }
      if (isClosed) this.#events.closed(id)
    }
  }
}
