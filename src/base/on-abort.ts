/** Those who wait for a signal, and its only listener, which calls them. */
interface Waiting {
  listeners: Set<() => void>
  callAll: () => void
}

const waiting = new WeakMap<AbortSignal, Waiting>()

/**
 * Calls `listener` when the signal aborts, unless the returned function was called before. For signals that
 * hundreds listen to: `addEventListener` and `removeEventListener` compare a listener with all others. Once
 * nobody waits, nothing is left at the signal.
 *
 * @param signal not aborted yet
 * @param listener must not throw
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const { listeners, callAll } = waiting.get(signal) ?? listenTo(signal)
  listeners.add(listener)
  return () => {
    if (!listeners.delete(listener) || listeners.size > 0) return
    signal.removeEventListener('abort', callAll)
    waiting.delete(signal)
  }
}

function listenTo(signal: AbortSignal): Waiting {
  const listeners = new Set<() => void>()
  const callAll = () => {
    for (const each of listeners) each()
  }
  signal.addEventListener('abort', callAll)
  waiting.set(signal, { listeners, callAll })
  return { listeners, callAll }
}
