import type { ChildProcess, Serializable } from 'node:child_process'
import { once } from 'node:events'

/** Sends a message to a process, and resolves with its next one; rejects where it ends instead. */
export async function answerOf<T>(child: ChildProcess, message: Serializable): Promise<T> {
  child.send(message)
  const abort = new AbortController()
  try {
    const ended = once(child, 'exit', { signal: abort.signal }).then(() => {
      throw new Error('A process of the benchmark has ended.')
    })
    const [answer] = await Promise.race([once(child, 'message', { signal: abort.signal }), ended])
    return answer as T
  } finally {
    abort.abort()
  }
}
