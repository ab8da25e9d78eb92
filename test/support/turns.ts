import { vi } from 'vitest'

/** So short that a turn of the event loop in which somebody looks at the clock is not taken for one with work. */
const LOOK_MS = 0.25

/** Counts the turns of the event loop until `work` is done. Meanwhile only looks at the clock make time pass. */
export async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let now = performance.now()
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    now += LOOK_MS
    return now
  })
  let turns = 0
  let immediate = setImmediate(function count() {
    turns += 1
    immediate = setImmediate(count)
  })
  try {
    await work()
    return turns
  } finally {
    clearImmediate(immediate)
    clock.mockRestore()
  }
}
