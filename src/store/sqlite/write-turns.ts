import { SerialQueue } from '../../base/serial-queue.ts'

/**
 * Lets the connections of this process write one after the other. SQLite would let the second one wait too,
 * but it blocks the thread meanwhile, and gives up soon.
 */
export class WriteTurns {
  readonly #queue = new SerialQueue()

  /** Runs `write` once nobody else writes. */
  run<T>(write: () => Promise<T>): Promise<T> {
    return this.#queue.run(write)
  }

  /** Resolves once nobody else writes, with the function that ends the turn. */
  take(): Promise<() => void> {
    return new Promise((resolve) => {
      void this.#queue.run(() => new Promise<void>((end) => resolve(end)))
    })
  }
}
