/** Runs one piece of work after the other, in the order in which they were given; one that fails holds up none. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }

  /** Resolves once what was given so far has ended. */
  async idle(): Promise<void> {
    await this.#last
  }
}
