/** The functions that wait for each signal. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls `listener` when the signal aborts, unless the returned function was called before. For signals that
 * hundreds listen to: `addEventListener` and `removeEventListener` compare a listener with all others.
 *
 * @param signal not aborted yet
 * @param listener must not throw
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  let listeners = waiting.get(signal)
  if (!listeners) {
    const all = new Set<() => void>()
    signal.addEventListener('abort', () => {
      for (const each of all) each()
    })
    waiting.set(signal, all)
    listeners = all
  }
  listeners.add(listener)
  return () => listeners.delete(listener)
}
