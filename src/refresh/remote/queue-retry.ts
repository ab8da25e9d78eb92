import { setTimeout as sleep } from 'node:timers/promises'
import { RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'

const RETRY_AFTER_MS = 500

/**
 * Repeats calls of the queue while they fail, whatever the reason, because work that is under way must go on
 * by itself. Logs the beginning and the end of that.
 */
export class QueueRetry {
  readonly #log: Logger
  readonly #signal: AbortSignal
  #isFailing = false

  /** @param signal ends all waiting */
  constructor(log: Logger, signal: AbortSignal) {
    this.#log = log
    this.#signal = signal
  }

  /** Calls `work` until it resolves. Rejects with the signal's reason once that aborts. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      this.#signal.throwIfAborted()
      try {
        const result = await work()
        if (this.#isFailing)
          this.#log.info({ event: 'queue.available' }, 'the queue of probes can be used again')
        this.#isFailing = false
        return result
      } catch (failure) {
        this.#note(failure)
      }
      await this.pause(RETRY_AFTER_MS)
    }
  }

  /** Waits. Rejects once the signal aborts. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#signal })
  }

  #note(failure: unknown): void {
    if (!this.#isFailing && !this.#signal.aborted) {
      if (failure instanceof RollcallError) {
        this.#log.warn(
          { event: 'queue.unavailable' },
          `the queue of probes cannot be used at present: ${failure.message}`,
        )
      } else {
        this.#log.error(
          { event: 'queue.unavailable', err: failure },
          'the queue of probes cannot be used at present',
        )
      }
    }
    this.#isFailing = true
  }
}
