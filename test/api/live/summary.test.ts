import { expect, it } from 'vitest'
import { settle, startRefreshByHand } from '../../support/refresh-by-hand.ts'
import { countListeners, nextOf, overSse } from '../../support/subscribers.ts'

interface SummaryEvent {
  summary: { devices: number; supported: number; unprobed: number }
}

const SUMMARY = `subscription ($filter: DeviceFilter) {
  summary(filter: $filter, everyMs: 1000) { devices supported unprobed }
}`

async function followed(filter?: object) {
  const hand = await startRefreshByHand(3)
  const listeners = countListeners(hand.refreshes.events)
  const events = overSse(hand.url).subscribe<SummaryEvent>(SUMMARY, { filter })
  const first = await nextOf(events)
  await listeners.reach(1)
  return { hand, events, first }
}

it('gives the counts at once, and again when they have changed and `everyMs` has passed', async () => {
  const { hand, events, first } = await followed()
  expect(first).toEqual({ summary: { devices: 3, supported: 0, unprobed: 3 } })
  const second = nextOf(events)
  await settle()
  await hand.commit(2)
  hand.clock.advance(1_000)
  expect(await second).toEqual({ summary: { devices: 3, supported: 2, unprobed: 1 } })
})

it('gives no event for a change that leaves the counts as they were', async () => {
  const { hand, events } = await followed({ name: { eq: 'no such device' } })
  const came: SummaryEvent[] = []
  const collecting = (async () => {
    for await (const { data } of events) if (data) came.push(data)
  })()
  await settle()
  hand.statements.length = 0
  await hand.commit(1)
  hand.clock.advance(1_000)
  await expect.poll(() => hand.statements.some((sql) => sql.includes('last_outcome'))).toBe(true)
  await settle()
  await events.return?.()
  await collecting
  expect(came).toEqual([])
})
