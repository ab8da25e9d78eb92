import { onTestFinished, vi } from 'vitest'

/** Returns a function that returns what has been logged to the console since, where caches tell of mistakes. */
export function watchWarnings(): () => unknown[] {
  const spies = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')]
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore()
  })
  return () => spies.flatMap(({ mock }) => mock.calls)
}
