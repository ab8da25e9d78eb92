import type { Refusal } from './refusal.ts'
import { refusalError } from './refusal.ts'

/**
 * The results of a subscription while who asked for them is let in; then, at once, one that says why there are no more.
 * `watch` is called when the first is asked for.
 */
export function whileAdmitted<R>(
  results: AsyncIterable<R>,
  watch: (onEnd: (refusal: Refusal) => void) => () => void,
): AsyncIterableIterator<unknown, undefined> {
  const iterator = results[Symbol.asyncIterator]()
  let stopWatching: (() => void) | undefined
  let refusal: Refusal | undefined
  let isOver = false
  let interrupt = () => {}

  const finish = () => {
    isOver = true
    stopWatching?.()
    interrupt = () => {}
  }
  const refuse = (why: Refusal): IteratorResult<unknown, undefined> => {
    finish()
    // What it was about to give nobody waits for.
    iterator.return?.().catch(() => undefined)
    return { done: false, value: { errors: [refusalError(why)] } }
  }
  return {
    next() {
      stopWatching ??= watch((why) => {
        refusal = why
        interrupt()
      })
      if (isOver) return Promise.resolve({ done: true, value: undefined })
      if (refusal) return Promise.resolve(refuse(refusal))
      return new Promise((resolve, reject) => {
        interrupt = () => {
          if (refusal) resolve(refuse(refusal))
        }
        iterator.next().then((step) => {
          // Who is sent away from here on is told by the next one.
          interrupt = () => {}
          if (step.done) finish()
          resolve(step.done ? { done: true, value: undefined } : step)
        }, reject)
      })
    },
    async return() {
      finish()
      await iterator.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
