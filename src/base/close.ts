/** Something that was started and is to be ended; closing twice is closing once. */
export interface Closable {
  close(): Promise<void>
}

/**
 * Releases what was acquired, last in first out. A release that fails does not keep the others from running;
 * `close` then rejects with what failed, once all have run.
 */
export class CloseStack implements Closable {
  readonly #releases: (() => unknown)[] = []
  #closed: Promise<void> | undefined

  defer(release: () => unknown): void {
    this.#releases.push(release)
  }

  /** Takes ownership: the thing is closed with the stack. */
  own<T extends Closable>(closable: T): T {
    this.defer(() => closable.close())
    return closable
  }

  close(): Promise<void> {
    this.#closed ??= this.#releaseAll()
    return this.#closed
  }

  async #releaseAll(): Promise<void> {
    const failures: unknown[] = []
    for (let release = this.#releases.pop(); release; release = this.#releases.pop()) {
      try {
        await release()
      } catch (failure) {
        failures.push(failure)
      }
    }
    if (failures.length === 1) throw failures[0]
    if (failures.length > 1) throw new AggregateError(failures, 'Several parts failed to close.')
  }
}
