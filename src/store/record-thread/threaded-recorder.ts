import { Worker } from 'node:worker_threads'
import type { Closable } from '../../base/close.ts'
import { messageOf, RollcallError } from '../../base/errors.ts'
import { moduleUrl } from '../../base/module-url.ts'
import { fromPlainFailure } from '../../base/plain-failure.ts'
import type { HostKeyPolicy } from '../../config/schema.ts'
import type { LetAnotherWrite } from '../opening/open-database.ts'
import type { ProbeResult, ResultRecorder } from '../results/probe-writer.ts'
import {
  END,
  READY,
  type RecorderAnswer,
  type RecorderBatch,
  type RecorderData,
} from './recorder-messages.ts'

/** A batch takes some kilobytes, and nothing of it stays. */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 4 }

export interface ThreadedRecorderOptions {
  /** The path of the database. */
  path: string
  letAnotherWrite: LetAnotherWrite
  /** Called with a sentence that says what is wrong with the database. */
  onDamage: (damage: string) => void
  /** The main file of the thread. Default: that of this module. */
  threadFile?: URL
}

/**
 * Records results in a thread with a connection of its own, so that the API's thread, which reads, does not
 * stop for each batch. The thread starts with the first batch. One that died is replaced at the next batch.
 */
export class ThreadedRecorder implements ResultRecorder, Closable {
  readonly #options: ThreadedRecorderOptions
  readonly #deletedSets = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  /** The thread, once it takes batches. */
  #running: Promise<Worker> | undefined
  #exited: Promise<void> = Promise.resolve()
  #answer: PromiseWithResolvers<RecorderAnswer> | undefined
  #isClosed = false

  constructor(options: ThreadedRecorderOptions) {
    this.#options = options
  }

  /**
   * Rejects as `ProbeWriter` does; also with DATABASE_UNAVAILABLE if the thread dies or cannot start. The
   * batch may have been committed then; the same results, recorded again, are dropped in that case.
   */
  async commit(results: readonly ProbeResult[], hostKeys: HostKeyPolicy): Promise<Map<number, number>> {
    // Here, because to load the thread takes longer than a batch, and other writes wait for this one.
    await this.#thread()
    return await this.#options.letAnotherWrite(async () => {
      const { lastSeqs, failure, damage } = await this.#ask(await this.#thread(), { results, hostKeys })
      if (damage !== null) this.#options.onDamage(damage)
      if (failure !== undefined) throw fromPlainFailure(failure)
      return lastSeqs ?? new Map()
    })
  }

  /** Has the thread forget all rows before its next batch, which waits for this transaction. */
  forgetSet(): void {
    Atomics.add(this.#deletedSets, 0, 1)
  }

  /** Waits for the batch under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    const thread = await this.#running?.catch(() => undefined)
    await this.#answer?.promise.catch(() => undefined)
    thread?.ref()
    thread?.postMessage(END)
    await this.#exited
  }

  async #thread(): Promise<Worker> {
    if (this.#isClosed) throw new Error('The store is closed.')
    this.#running ??= this.#start()
    return await this.#running
  }

  async #ask(thread: Worker, batch: RecorderBatch): Promise<RecorderAnswer> {
    try {
      thread.postMessage(batch)
      thread.ref()
      this.#answer = Promise.withResolvers()
      return await this.#answer.promise
    } finally {
      thread.unref()
    }
  }

  /** Throws, and so leaves nothing in `#running`, if the system refuses the thread. */
  #start(): Promise<Worker> {
    const file = this.#options.threadFile ?? moduleUrl('./recorder-thread.ts', import.meta.url)
    const workerData: RecorderData = { path: this.#options.path, deletedSets: this.#deletedSets }
    const thread = this.#newWorker(file, workerData)
    const ready = Promise.withResolvers<void>()
    let reason: Error | undefined
    this.#exited = new Promise((resolve) => {
      thread.once('exit', (code) => {
        this.#running = undefined
        const failure = ended(reason ?? new Error(`exit code ${code}`))
        ready.reject(failure)
        this.#answer?.reject(failure)
        resolve()
      })
    })
    thread.on('message', (message: typeof READY | RecorderAnswer) => {
      if (message === READY) ready.resolve()
      else this.#answer?.resolve(message)
    })
    thread.on('error', (problem: Error) => {
      reason = problem
    })
    return ready.promise.then(() => {
      thread.unref()
      return thread
    })
  }

  #newWorker(file: URL, workerData: RecorderData): Worker {
    try {
      return new Worker(file, { name: 'recorder', workerData, resourceLimits: RESOURCE_LIMITS })
    } catch (refusal) {
      throw ended(refusal)
    }
  }
}

/** The refresh waits and tries again, as it does for a database that is locked. */
function ended(reason: unknown): RollcallError {
  return new RollcallError(
    'DATABASE_UNAVAILABLE',
    `The thread that records results has ended (${messageOf(reason)}); it is started again.`,
    {
      cause: reason,
      publicMessage: 'The database cannot be written at present (the thread that writes to it has ended).',
    },
  )
}
