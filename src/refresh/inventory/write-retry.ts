import type { Clock } from '../../base/clock.ts'
import { RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'

const AGAIN_AFTER_MS = 1_000

/**
 * Retries writes to a database that cannot be written at present, because its disk is full or another process
 * has locked it. A write is repeated every second until it succeeds. Meanwhile, `pausedBecause` says what it
 * waits for.
 */
export class WriteRetry {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #onChange: (isPaused: boolean) => void
  #pausedBecause: string | null = null
  #waiting = 0

  /** `onChange` is called when a pause begins and when it ends. */
  constructor(options: { clock: Clock; log: Logger; onChange: (isPaused: boolean) => void }) {
    this.#clock = options.clock
    this.#log = options.log
    this.#onChange = options.onChange
  }

  /** One sentence for users of the API; null if no write waits. */
  get pausedBecause(): string | null {
    return this.#pausedBecause
  }

  /**
   * Calls `write` until it succeeds, and resolves with its result. Once the signal has aborted, or after
   * `waitMs` (default: no limit), `write` is called a last time, and its failure is final.
   */
  async run<T>(
    write: () => Promise<T>,
    signal: AbortSignal,
    { waitMs = Number.POSITIVE_INFINITY } = {},
  ): Promise<T> {
    const until = this.#clock.elapsed() + waitMs
    for (;;) {
      try {
        const result = await write()
        this.#pause(null)
        return result
      } catch (failure) {
        const isTemporary = failure instanceof RollcallError && failure.code === 'DATABASE_UNAVAILABLE'
        const leftMs = until - this.#clock.elapsed()
        if (!isTemporary || signal.aborted || leftMs <= 0) {
          if (this.#waiting === 0) this.#pause(null)
          throw failure
        }
        this.#pause(failure)
        this.#waiting += 1
        await this.#wait(Math.min(AGAIN_AFTER_MS, leftMs), signal)
        this.#waiting -= 1
      }
    }
  }

  #pause(because: RollcallError | null): void {
    const was = this.#pausedBecause
    this.#pausedBecause = because?.publicMessage ?? null
    if ((was === null) === (because === null)) return
    if (because === null)
      this.#log.info(
        { event: 'refreshes.continued' },
        'the database can be written again; refreshes continue',
      )
    else this.#log.error({ event: 'refreshes.paused' }, `paused: ${because.message}`)
    this.#onChange(because !== null)
  }

  /** Waits for the next attempt. Resolves early if the signal aborts, so that there is a last attempt. */
  #wait(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        cancelTimer()
        signal.removeEventListener('abort', finish)
        resolve()
      }
      const cancelTimer = this.#clock.after(delayMs, finish)
      signal.addEventListener('abort', finish)
    })
  }
}
