import { expect, onTestFinished, test, vi } from 'vitest'
import { inTurns, type Steps } from '../../src/base/turns.ts'

test('long work gives the event loop turns, as many as its steps take time', async () => {
  // Only looks at the clock make time pass.
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now++)
  onTestFinished(() => clock.mockRestore())
  expect(await turnsDuring(stepsOf(3))).toBe(0)
  const few = await turnsDuring(stepsOf(100))
  expect(few).toBeGreaterThan(10)
  expect(await turnsDuring(stepsOf(1_000))).toBeGreaterThanOrEqual(9 * few)
})

function* stepsOf(count: number): Steps<number> {
  for (let step = 0; step < count; step += 1) yield
  return count
}

async function turnsDuring(steps: Steps<number>): Promise<number> {
  let turns = 0
  let immediate = setImmediate(function count() {
    turns += 1
    immediate = setImmediate(count)
  })
  await inTurns(steps)
  clearImmediate(immediate)
  return turns
}
