import { type Clock, systemClock } from '../../../src/base/clock.ts'
import type { InventorySource } from '../../../src/sources/source.ts'

/** A source whose fetch waits until it is aborted. */
export function slowSource() {
  const called = Promise.withResolvers<void>()
  const source: InventorySource = {
    name: 'global',
    fetch: (signal) =>
      new Promise((_resolve, reject) => {
        called.resolve()
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  }
  return { source, called: called.promise }
}

/** A clock on which the grace of a close lasts until the test ends it. */
export function graceClock() {
  const begun = Promise.withResolvers<() => void>()
  let cancelled = false
  const clock: Clock = {
    now: systemClock.now,
    elapsed: systemClock.elapsed,
    after(delayMs, callback) {
      if (delayMs !== 5_000) return systemClock.after(delayMs, callback)
      begun.resolve(callback)
      return () => {
        cancelled = true
      }
    },
  }
  return {
    clock,
    /** Resolves, when the grace begins, with what ends it. */
    begun: begun.promise,
    wasCancelled: () => cancelled,
  }
}
