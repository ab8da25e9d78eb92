import { expect, onTestFinished, test, vi } from 'vitest'
import { inTurns, letOthersWork, type Steps } from '../../src/base/turns.ts'
import { turnsDuring } from '../support/turns.ts'

test('long work gives the event loop turns, as many as its steps take time', async () => {
  const turnsFor = (count: number) => turnsDuring(() => inTurns(stepsOf(count)))
  expect(await turnsFor(3)).toBe(0)
  const few = await turnsFor(100)
  expect(few).toBeGreaterThan(10)
  expect(await turnsFor(1_000)).toBeGreaterThanOrEqual(9 * few)
})

test('others have the thread until a turn without work, but not for ever', async () => {
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
  onTestFinished(() => clock.mockRestore())
  /** How many turns others have that have work in the first `busy` ones. */
  const turnsOf = async (busy: number): Promise<number> => {
    let turns = 0
    let immediate = setImmediate(function other() {
      turns += 1
      if (turns <= busy) now += 1
      immediate = setImmediate(other)
    })
    await letOthersWork()
    clearImmediate(immediate)
    return turns
  }
  expect(await turnsOf(0)).toBe(1)
  expect(await turnsOf(4)).toBe(5)
  const most = await turnsOf(1_000)
  expect(most).toBeLessThan(100)
  expect(await turnsOf(2_000)).toBe(most)
})

function* stepsOf(count: number): Steps<void> {
  for (let step = 0; step < count; step += 1) yield
}
