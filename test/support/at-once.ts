import type { Steps } from '../../src/base/turns.ts'

/** Does all steps without a turn of the event loop. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
