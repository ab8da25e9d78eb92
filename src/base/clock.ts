/** Time and timers, which tests replace by their own. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /**
   * Milliseconds since an arbitrary moment. Unlike `now`, it does not jump when somebody sets the machine's
   * clock.
   */
  elapsed(): number
  /**
   * Calls `callback` once after `delayMs`. The returned function cancels that; it may be called at any time.
   */
  after(delayMs: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
