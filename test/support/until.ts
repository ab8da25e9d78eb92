import { vi } from 'vitest'

/** Resolves with what `condition` returns once that is not false; looks every 20 ms, for as long as a busy machine may need. */
export function until<T>(condition: () => T | Promise<T>) {
  return vi.waitUntil(condition, { interval: 20, timeout: 50_000 })
}
