/** Something that was started and must be ended. Closing it twice is the same as closing it once. */
export interface Closable {
  close(): Promise<void>
}

/**
 * Closes what it owns, the latest first. If one fails to close, the others are still closed; `close` then
 * rejects with the failures.
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

/** Returns what `start` has started, with a `close` that closes its stack; closes that if it rejects. */
export async function closable<T extends object>(
  start: (stack: CloseStack) => Promise<T>,
): Promise<T & Closable> {
  const stack = new CloseStack()
  try {
    return { ...(await start(stack)), close: () => stack.close() }
  } catch (failure) {
    await stack.close()
    throw failure
  }
}
