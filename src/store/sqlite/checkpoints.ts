import { Worker } from 'node:worker_threads'
import type { Closable } from '../../base/close.ts'
import type { Logger } from '../../base/log.ts'
import type { CheckpointAnswer, CheckpointOrder } from './checkpoint-thread.ts'

/** In pages. The longer, the fewer: a page that many commits have written is moved once. */
const DUE_AFTER = 4_000

/** How often the database is looked through for damage, after the first time. */
const CHECK_EVERY_MS = 6 * 3_600_000

/**
 * Moves the write-ahead log into the database in a thread of its own, as that waits for the disk, up to a tenth of a second
 * on a busy one. Now and then it looks for damage as well. The thread is started when it is first needed.
 */
export class Checkpoints implements Closable {
  readonly #path: string
  readonly #log: Logger
  readonly #onDamage: (damage: string) => void
  #checking: NodeJS.Timeout
  #thread: Worker | undefined
  #ended: Promise<void> = Promise.resolve()
  #isIdle = true

  /** `onDamage` is called with a sentence that says what is wrong with the database. */
  constructor(
    path: string,
    {
      log,
      checkAfterMs,
      onDamage,
    }: { log: Logger; checkAfterMs: number; onDamage: (damage: string) => void },
  ) {
    this.#path = path
    this.#log = log
    this.#onDamage = onDamage
    this.#checking = this.#checkIn(checkAfterMs)
  }

  /** To be called after a commit; does not wait. */
  moveIfDue(pagesInLog: number): void {
    if (pagesInLog >= DUE_AFTER) this.#order('run')
  }

  async close(): Promise<void> {
    clearTimeout(this.#checking)
    this.#isIdle = false
    this.#thread?.ref()
    this.#thread?.postMessage('close' satisfies CheckpointOrder)
    await this.#ended
  }

  #checkIn(delayMs: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#order('check')
      this.#checking = this.#checkIn(CHECK_EVERY_MS)
    }, delayMs)
    return timer.unref()
  }

  /** Does nothing while the thread is busy with the order before, which will come again. */
  #order(order: CheckpointOrder): void {
    if (!this.#isIdle) return
    this.#isIdle = false
    this.#thread ??= this.#start()
    this.#thread.postMessage(order)
  }

  #start(): Worker {
    const thread = new Worker(new URL('./checkpoint-thread.ts', import.meta.url), {
      name: 'checkpoints',
      workerData: this.#path,
    })
    this.#ended = new Promise((resolve) => thread.once('exit', () => resolve()))
    thread.on('message', ({ damage }: CheckpointAnswer) => {
      this.#isIdle = true
      if (damage !== null) this.#onDamage(damage)
    })
    // It is not started again: a log that grows too long is moved by a commit.
    thread.on('error', (failure) =>
      this.#log.error({ err: failure }, 'the thread for checkpoints has failed'),
    )
    thread.unref()
    return thread
  }
}
