import { vi } from 'vitest'

/** Resolves with what `condition` returns once that is not false. It waits for as long as a busy machine needs. */
export function until<T>(condition: () => T | Promise<T>) {
  return vi.waitUntil(condition, { interval: 20, timeout: 120_000 })
}
