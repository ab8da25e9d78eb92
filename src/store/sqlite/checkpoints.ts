import { Worker } from 'node:worker_threads'
import type { Closable } from '../../base/close.ts'
import type { Logger } from '../../base/log.ts'
import { moduleUrl } from '../../base/module-url.ts'
import type { CheckpointAnswer, CheckpointOrder } from './checkpoint-thread.ts'

/**
 * In pages of 4 KiB. The longer the log, the fewer checkpoints: a page that many commits wrote is copied
 * once.
 */
const DUE_AFTER = 4_000

/** How often the database is checked for damage, after the first time. */
const CHECK_EVERY_MS = 6 * 3_600_000

/**
 * Copies the write-ahead log into the database in a thread of its own, and checks the database for damage.
 * The strategy:
 *
 * 1. A commit appends to the log and does not wait for the disk (`synchronous = NORMAL`), so that writes are
 *    quick.
 * 2. After each commit the gateway reads how many pages of the log are not in the database yet. From 4,000 on
 *    it asks this thread for a checkpoint, which waits for the disk: up to a tenth of a second on a busy one.
 * 3. The checkpoint is a passive one: it waits for no reader and no writer, and copies as many pages as it
 *    may.
 * 4. Only when all pages were copied does the log start again from its beginning. Commits go on during the
 *    first round, so the thread repeats it, up to five times, until a round finds nothing new. Later rounds
 *    are short.
 * 5. A reader that is still on an older state, such as a long export, keeps later pages in the log. They are
 *    copied at the next request.
 * 6. From 16,000 pages on, the commit itself makes the checkpoint (`wal_autocheckpoint`). So the log stays
 *    bounded even if the thread has failed.
 * 7. When the store closes, the thread ends first. The last connection then copies the rest and removes the
 *    log.
 *
 * The thread is started when it is first needed.
 */
export class Checkpoints implements Closable {
  readonly #path: string
  readonly #log: Logger
  readonly #onDamage: (damage: string) => void
  #checking: NodeJS.Timeout
  #thread: Worker | undefined
  #ended: Promise<void> = Promise.resolve()
  #isIdle = true

  /** @param options.onDamage called with a sentence that says what is wrong with the database */
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

  /** Asks for a checkpoint if the log is long. Called after each commit; does not wait. */
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

  /** Does nothing while the thread is busy: the next commit or check asks again. */
  #order(order: CheckpointOrder): void {
    if (!this.#isIdle) return
    this.#isIdle = false
    this.#thread ??= this.#start()
    this.#thread.postMessage(order)
  }

  #start(): Worker {
    const thread = new Worker(moduleUrl('./checkpoint-thread.ts', import.meta.url), {
      name: 'checkpoints',
      workerData: this.#path,
    })
    this.#ended = new Promise((resolve) => thread.once('exit', () => resolve()))
    thread.on('message', ({ damage }: CheckpointAnswer) => {
      this.#isIdle = true
      if (damage !== null) this.#onDamage(damage)
    })
    // It is not started again: commits then keep the log bounded.
    thread.on('error', (failure) =>
      this.#log.error({ event: 'checkpoints.failed', err: failure }, 'the thread for checkpoints has failed'),
    )
    thread.unref()
    return thread
  }
}
