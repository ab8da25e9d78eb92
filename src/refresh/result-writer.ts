import type { Clock } from '../base/clock.ts'

/** How long a result waits for others before it is committed with them. */
const GATHER_MS = 50
/** The number of results that fill a batch before that time is over. */
const BATCH_SIZE = 200

/**
 * Gathers results into batches of 50 ms or 200 results, whichever comes first, and commits the batches in
 * order, one at a time. After a failed commit, nothing more is committed and `drain` rejects with the
 * failure.
 */
export class ResultWriter<T> {
  readonly #clock: Clock
  readonly #commit: (batch: T[]) => Promise<void>
  #pending: T[] = []
  #cancelTimer: (() => void) | undefined
  #commits: Promise<void> = Promise.resolve()

  constructor(options: { clock: Clock; commit: (batch: T[]) => Promise<void> }) {
    this.#clock = options.clock
    this.#commit = options.commit
  }

  push(result: T): void {
    this.#pending.push(result)
    if (this.#pending.length >= BATCH_SIZE) this.#flush()
    else this.#cancelTimer ??= this.#clock.after(GATHER_MS, () => this.#flush())
  }

  /** Commits the rest. Rejects with the failure if a commit failed. */
  drain(): Promise<void> {
    this.#flush()
    return this.#commits
  }

  #flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (this.#pending.length === 0) return
    const batch = this.#pending
    this.#pending = []
    this.#commits = this.#commits.then(() => this.#commit(batch))
    // `drain` reports the failure. Until it is called, the rejection must not count as unhandled.
    this.#commits.catch(() => undefined)
  }
}
