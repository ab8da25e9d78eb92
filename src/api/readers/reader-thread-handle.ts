import { Worker } from 'node:worker_threads'
import type { ReaderAnswer, ReaderData, ReaderQuery, ReaderSettings } from './reader-messages.ts'

/**
 * The largest answers take tens of megabytes. A thread that needs more must end before the gateway runs out
 * of memory.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 1_024, maxYoungGenerationSizeMb: 32 }

/** The API thread's handle of one reader thread, which runs one query at a time. */
export class ReaderThread {
  readonly #worker: Worker
  readonly #givenUp = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  #lastId = 0
  #pending: PromiseWithResolvers<ReaderAnswer> | null = null
  #hasExited = false

  constructor(file: URL, settings: ReaderSettings) {
    const workerData: ReaderData = { ...settings, givenUp: this.#givenUp }
    this.#worker = new Worker(file, { name: 'reader', workerData, resourceLimits: RESOURCE_LIMITS })
    this.#worker.unref()
    let reason: Error | undefined
    this.#worker.on('message', (answer: ReaderAnswer) => this.#take()?.resolve(answer))
    this.#worker.on('error', (problem: Error) => {
      reason = problem
    })
    this.#worker.once('exit', (code) => {
      this.#hasExited = true
      this.#take()?.reject(reason ?? new Error(`A reader thread ended with exit code ${code}.`))
    })
  }

  get isUsable(): boolean {
    return !this.#hasExited
  }

  get isBusy(): boolean {
    return this.#pending !== null
  }

  /** Rejects if the thread ends before its answer. */
  run(query: Omit<ReaderQuery, 'id'>): Promise<ReaderAnswer> {
    this.#lastId += 1
    this.#pending = Promise.withResolvers()
    this.#worker.postMessage({ ...query, id: this.#lastId } satisfies ReaderQuery)
    return this.#pending.promise
  }

  /** Makes the query under way end at its next read of the database. */
  giveUp(): void {
    Atomics.store(this.#givenUp, 0, this.#lastId)
  }

  /** Ends the thread. Resolves when it has exited, which a running statement can delay. */
  async end(): Promise<void> {
    this.#hasExited = true
    this.#take()?.reject(new Error('The reader thread was ended.'))
    await this.#worker.terminate()
  }

  #take(): PromiseWithResolvers<ReaderAnswer> | null {
    const pending = this.#pending
    this.#pending = null
    return pending
  }
}
