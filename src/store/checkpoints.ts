import { Worker } from 'node:worker_threads'
import type { Closable } from '../base/close.ts'
import type { Logger } from '../base/log.ts'

/** In pages. The longer, the fewer: a page that many commits have written is moved once. */
const DUE_AFTER = 4_000

/**
 * Moves the write-ahead log into the database in a thread of its own, as that waits for the disk, up to a tenth of a second
 * on a busy one. The thread is started when it is first needed.
 */
export class Checkpoints implements Closable {
  readonly #path: string
  readonly #log: Logger
  #thread: Worker | undefined
  #ended: Promise<void> = Promise.resolve()
  #isIdle = true

  constructor(path: string, log: Logger) {
    this.#path = path
    this.#log = log
  }

  /** To be called after a commit; does not wait. */
  keepShort(pagesInLog: number): void {
    if (pagesInLog < DUE_AFTER || !this.#isIdle) return
    this.#isIdle = false
    this.#thread ??= this.#start()
    this.#thread.postMessage('run')
  }

  async close(): Promise<void> {
    this.#isIdle = false
    this.#thread?.ref()
    this.#thread?.postMessage('close')
    await this.#ended
  }

  #start(): Worker {
    const thread = new Worker(new URL('./checkpoint-thread.ts', import.meta.url), {
      name: 'checkpoints',
      workerData: this.#path,
    })
    this.#ended = new Promise((resolve) => thread.once('exit', () => resolve()))
    thread.on('message', () => {
      this.#isIdle = true
    })
    // It is not started again: a log that grows too long is moved by a commit.
    thread.on('error', (failure) =>
      this.#log.error({ err: failure }, 'the thread for checkpoints has failed'),
    )
    thread.unref()
    return thread
  }
}
