import { describe, expect, it } from 'vitest'
import { idsByName, record, sync } from '../../store/support/fixture.ts'
import { settle, startRefreshByHand } from '../../support/refresh-by-hand.ts'
import { countListeners, errorOf, nextOf, overSse, TRANSPORTS } from '../../support/subscribers.ts'

interface ChangesEvent {
  deviceChanges: { name: string; lifecycle: string; lastProbe: { outcome: string } | null }[]
}

const CHANGES = `subscription Changes($filter: DeviceFilter, $everyMs: Int) {
  deviceChanges(filter: $filter, everyMs: $everyMs) { name lifecycle lastProbe { outcome } }
}`

describe.each(TRANSPORTS)('deviceChanges over $name', ({ connect }) => {
  /** A refresh by hand, and a subscriber to the changes of its devices. */
  async function followed(devices: number, variables: Record<string, unknown> = {}) {
    const hand = await startRefreshByHand(devices)
    const listeners = countListeners(hand.refreshes.events)
    const events = connect(hand.url).subscribe<ChangesEvent>(CHANGES, variables)
    const first = nextOf(events)
    await listeners.reach(1)
    await settle()
    return { hand, events, first }
  }

  function probed(names: readonly string[]): ChangesEvent {
    return {
      deviceChanges: names.map((name) => ({
        name,
        lifecycle: 'ACTIVE',
        lastProbe: { outcome: 'SUPPORTED' },
      })),
    }
  }

  it('gathers the devices whose last probe changed within a second, each once', async () => {
    const { hand, events, first } = await followed(4)
    await hand.commit(2)
    hand.clock.advance(999)
    await hand.commit(1)
    const [name] = hand.names
    const { [name ?? '']: id } = await idsByName(hand.store)
    hand.refreshes.events.announce({ kind: 'devices', deviceIds: [id ?? 0] })
    hand.statements.length = 0
    await settle()
    expect(hand.statements).toEqual([])
    hand.clock.advance(1)
    expect(await first).toEqual(probed([hand.names[1], hand.names[2], name].map(String)))
    await hand.commit(1)
    hand.clock.advance(1_000)
    expect(await nextOf(events)).toEqual(probed(hand.names.slice(3)))
  })

  it('includes changed records, and without a filter also decommissioned devices', async () => {
    const { hand, first } = await followed(2, { everyMs: 50 })
    const [kept = '', gone = ''] = hand.names
    const ids = await idsByName(hand.store)
    await sync(hand.store, [record(`France/Lyon/${kept}`, { platform: 'iosxr' })])
    hand.refreshes.events.announce({ kind: 'devices', deviceIds: [ids[kept] ?? 0, ids[gone] ?? 0] })
    hand.clock.advance(50)
    expect(await first).toEqual({
      deviceChanges: [
        { name: kept, lifecycle: 'ACTIVE', lastProbe: null },
        { name: gone, lifecycle: 'DECOMMISSIONED', lastProbe: null },
      ],
    })
  })

  it('omits devices that the filter does not match, and empty events', async () => {
    const name = 'r100003'
    const { hand, first } = await followed(5, { everyMs: 50, filter: { name: { eq: name } } })
    await hand.commit(3)
    hand.clock.advance(50)
    await settle()
    await hand.commit(2)
    hand.clock.advance(50)
    expect(await first).toEqual(probed([name]))
  })

  it('sends many changes in batches', async () => {
    const { hand, events, first } = await followed(1_001, { everyMs: 50 })
    await hand.commit(1_001)
    hand.clock.advance(50)
    const pieces = [await first, await nextOf(events), await nextOf(events)]
    expect(pieces.map(({ deviceChanges }) => deviceChanges.length)).toEqual([500, 500, 1])
    expect(pieces.flatMap(({ deviceChanges }) => deviceChanges.map(({ name }) => name))).toEqual(hand.names)
  })

  it('is refused if the filter is too large', async () => {
    const { url } = await startRefreshByHand(0)
    const filter = { or: Array.from({ length: 300 }, () => ({})) }
    expect(await errorOf(connect(url).subscribe(CHANGES, { filter }))).toMatchObject({
      message: expect.stringContaining('The filter has more than 200 parts'),
      extensions: { code: 'BAD_USER_INPUT' },
    })
  })

  it('ends when its client leaves', async () => {
    const { refreshes, url } = await startRefreshByHand(1)
    const listeners = countListeners(refreshes.events)
    const events = connect(url).subscribe<ChangesEvent>(CHANGES)
    const first = events.next()
    await listeners.reach(1)
    await events.return?.()
    await listeners.reach(0)
    expect(await first).toEqual({ done: true, value: undefined })
  })
})

describe('deviceChanges', () => {
  it('ends with a reason when the server closes', async () => {
    const hand = await startRefreshByHand(0)
    const listeners = countListeners(hand.refreshes.events)
    const error = errorOf(overSse(hand.url).subscribe(CHANGES))
    await listeners.reach(1)
    await hand.server.close()
    expect(await error).toMatchObject({
      message: 'Rollcall is stopping; subscribe again once it runs.',
      extensions: { code: 'CONFLICT' },
    })
    await listeners.reach(0)
  })
})
