import { Worker } from 'node:worker_threads'
import type { ExecutionArgs, ExecutionResult } from 'graphql'
import type { Closable } from '../../base/close.ts'
import type { Logger } from '../../base/log.ts'
import { moduleUrl } from '../../base/module-url.ts'
import type { ApiContext } from '../context.ts'
import { SharedResult } from '../execution/shared-result.ts'
import {
  END,
  fromPlainError,
  type ReaderAnswer,
  type ReaderData,
  type ReaderQuery,
  type ReaderSettings,
} from './reader-messages.ts'

/** How long an aborted query may continue before its thread is asked to end, and that before it is killed. */
const OVERRUN_MS = 5_000

/** How long a thread without queries is kept. After the hierarchy of 14,000 devices it holds 60 to 80 MB. */
const KEEP_MS = 20_000

export interface ReaderOptions {
  settings: ReaderSettings
  /** The most threads that take queries at once. */
  threads: number
  log: Logger
  /** Default: `OVERRUN_MS`. */
  overrunMs?: number
  /** Default: `KEEP_MS`. */
  keepMs?: number
  /** The main file of the threads. Default: that of this module. */
  threadFile?: URL
}

/**
 * Runs queries in threads with database connections of their own, so that the API's thread stays responsive.
 * A thread starts when a query needs it, and ends when it had none for a while. A thread that died is
 * replaced at the next query.
 */
export class Readers implements Closable {
  readonly #options: ReaderOptions
  readonly #file: URL
  #threads: ReaderThread[] = []
  /** Threads that are no longer used and have not exited yet. */
  readonly #ending = new Set<Promise<void>>()
  #closed: Promise<void> | undefined

  constructor(options: ReaderOptions) {
    this.#options = options
    this.#file = options.threadFile ?? moduleUrl('./reader-thread.ts', import.meta.url)
  }

  /** The number of queries that run at once. Callers must keep to it. */
  get places(): number {
    return this.#options.threads
  }

  /**
   * Executes a query of a valid document as `CompiledQueries` does. Settles when the thread is free again,
   * which may be after `signal` aborts. Rejects if the thread dies.
   */
  async execute(args: ExecutionArgs, signal: AbortSignal): Promise<ExecutionResult> {
    const { document, operationName, variableValues: variables, options } = args
    const { services, viewer } = args.contextValue as ApiContext
    const source = document.loc?.source
    if (!source) throw new Error('The document was parsed without its text.')
    const refreshes = await services.refreshes.snapshot()
    signal.throwIfAborted()
    const thread = this.#idleThread()
    const giveUp = () => thread.giveUp()
    signal.addEventListener('abort', giveUp)
    const stopWaiting = this.#endIfOverrun(thread, signal)
    try {
      const answer = await thread.run({
        text: source.body,
        operationName,
        variables,
        options,
        viewer: { name: viewer.name, role: viewer.role },
        refreshes,
        holds: services.refreshes.holdSettings,
        gateway: {
          everyMs: services.gateway.everyMs,
          startedAt: services.gateway.startedAt,
          nextScheduledRefreshAt: services.gateway.nextScheduledRefreshAt(),
          processes: services.gateway.processes(),
        },
      })
      if (answer.damage !== null) services.store.health.noteDamage(answer.damage)
      const json = answer.json && Buffer.from(answer.json.buffer)
      if (json && answer.errors.length === 0) return new SharedResult(undefined, json)
      const errors = answer.errors.map((error) => fromPlainError(error, source))
      return json ? { errors, data: JSON.parse(json.toString()).data } : { errors }
    } finally {
      signal.removeEventListener('abort', giveUp)
      stopWaiting()
    }
  }

  /** Ends the threads and their queries. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      const { overrunMs = OVERRUN_MS } = this.#options
      await Promise.all([...this.#threads.map((thread) => thread.end(overrunMs)), ...this.#ending])
    })()
    return this.#closed
  }

  #idleThread(): ReaderThread {
    if (this.#closed) throw new Error('The readers are closed.')
    this.#threads = this.#threads.filter(({ isUsable }) => isUsable)
    const idle = this.#threads.find(({ isBusy }) => !isBusy)
    if (idle) return idle
    const thread = new ReaderThread(this.#file, {
      settings: this.#options.settings,
      keepMs: this.#options.keepMs ?? KEEP_MS,
      onUnused: () => this.#end(thread),
    })
    this.#threads.push(thread)
    return thread
  }

  #end(thread: ReaderThread): void {
    const { overrunMs = OVERRUN_MS } = this.#options
    const ending = thread.end(overrunMs).finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
  }

  /**
   * Ends a thread that continues too long after its query was given up. Returns a function that stops this
   * watch.
   */
  #endIfOverrun(thread: ReaderThread, signal: AbortSignal): () => void {
    const { log, overrunMs = OVERRUN_MS } = this.#options
    let timer: NodeJS.Timeout | undefined
    const wait = () => {
      timer = setTimeout(() => {
        log.warn(
          { event: 'reader_thread.replaced', overrunMs },
          'an aborted query did not end in time; its reader thread is replaced',
        )
        this.#end(thread)
      }, overrunMs)
    }
    signal.addEventListener('abort', wait)
    return () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wait)
    }
  }
}

/**
 * The largest answers take tens of megabytes. A thread that needs more must end before the gateway runs out
 * of memory.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 1_024, maxYoungGenerationSizeMb: 32 }

/** The API thread's handle of one reader thread, which runs one query at a time. */
export class ReaderThread {
  readonly #worker: Worker
  readonly #givenUp = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  readonly #waitUnused: () => NodeJS.Timeout
  #unused: NodeJS.Timeout | undefined
  #lastId = 0
  #pending: PromiseWithResolvers<ReaderAnswer> | null = null
  #isUsable = true
  #hasExited = false

  /** @param options.onUnused called when the thread had no query for `keepMs` */
  constructor(
    file: URL,
    { settings, keepMs, onUnused }: { settings: ReaderSettings; keepMs: number; onUnused: () => void },
  ) {
    const workerData: ReaderData = { ...settings, givenUp: this.#givenUp }
    this.#waitUnused = () => setTimeout(onUnused, keepMs).unref()
    this.#worker = new Worker(file, { name: 'reader', workerData, resourceLimits: RESOURCE_LIMITS })
    this.#worker.unref()
    let reason: Error | undefined
    this.#worker.on('message', (answer: ReaderAnswer) => {
      this.#take()?.resolve(answer)
      if (this.#isUsable) this.#unused = this.#waitUnused()
    })
    this.#worker.on('error', (problem: Error) => {
      reason = problem
    })
    this.#worker.once('exit', (code) => {
      this.#hasExited = true
      this.#isUsable = false
      clearTimeout(this.#unused)
      this.#take()?.reject(reason ?? new Error(`A reader thread ended with exit code ${code}.`))
    })
  }

  get isUsable(): boolean {
    return this.#isUsable
  }

  get isBusy(): boolean {
    return this.#pending !== null
  }

  /** Rejects if the thread ends before its answer. */
  run(query: Omit<ReaderQuery, 'id'>): Promise<ReaderAnswer> {
    clearTimeout(this.#unused)
    this.#lastId += 1
    this.#pending = Promise.withResolvers()
    this.#worker.postMessage({ ...query, id: this.#lastId } satisfies ReaderQuery)
    return this.#pending.promise
  }

  /** Makes the query under way end at its next read of the database. */
  giveUp(): void {
    Atomics.store(this.#givenUp, 0, this.#lastId)
  }

  /**
   * Asks the thread to end, and kills it after `killAfterMs`. Resolves when it has exited, which a running
   * statement can delay. To kill a thread while it loads better-sqlite3 would abort the whole process.
   */
  async end(killAfterMs: number): Promise<void> {
    if (this.#hasExited) return
    this.#isUsable = false
    clearTimeout(this.#unused)
    this.#take()?.reject(new Error('The reader thread was ended.'))
    this.giveUp()
    this.#worker.ref()
    const exited = new Promise((resolve) => this.#worker.once('exit', resolve))
    this.#worker.postMessage(END)
    const killing = setTimeout(() => void this.#worker.terminate(), killAfterMs)
    await exited
    clearTimeout(killing)
  }

  #take(): PromiseWithResolvers<ReaderAnswer> | null {
    const pending = this.#pending
    this.#pending = null
    return pending
  }
}
