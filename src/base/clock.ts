/** Time and timers, so that a test can hold both. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Calls back once after `delayMs`; the returned function cancels it and may be called at any time. */
  after(delayMs: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
