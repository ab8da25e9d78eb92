import { expect, test } from 'vitest'
import { inTurns, type Steps } from '../../src/base/turns.ts'
import { turnsDuring } from '../support/turns.ts'

test('long work gives the event loop turns, as many as its steps take time', async () => {
  const turnsFor = (count: number) => turnsDuring(() => inTurns(stepsOf(count)))
  expect(await turnsFor(3)).toBe(0)
  const few = await turnsFor(100)
  expect(few).toBeGreaterThan(10)
  expect(await turnsFor(1_000)).toBeGreaterThanOrEqual(9 * few)
})

function* stepsOf(count: number): Steps<void> {
  for (let step = 0; step < count; step += 1) yield
}
