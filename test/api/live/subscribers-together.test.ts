import { describe, expect, it } from 'vitest'
import { type RefreshByHand, settle, startRefreshByHand } from '../../support/refresh-by-hand.ts'
import { allOf, countListeners, type Events, nextOf, overSse, TRANSPORTS } from '../../support/subscribers.ts'

const RESULTS = `subscription Results($id: ID!, $filter: DeviceFilter, $everyMs: Int) {
  probeResults(refreshId: $id, filter: $filter, everyMs: $everyMs) { probes { device { name } } progress { done } }
}`

interface ResultsEvent {
  probeResults: { probes: { device: { name: string } }[]; progress: { done: number } }
}

/** Subscribes over both transports in turn, as often as there are variables, and waits until all follow. */
async function subscribed<T>(
  { url, refreshes }: RefreshByHand,
  query: string,
  variables: Record<string, unknown>[],
): Promise<Events<T>[]> {
  const listeners = countListeners(refreshes.events)
  const clients = TRANSPORTS.map(({ connect }) => connect(url))
  const subscribers = variables.flatMap(
    (each, index) => clients[index % clients.length]?.subscribe<T>(query, each) ?? [],
  )
  await listeners.reach(variables.length)
  await settle()
  return subscribers
}

function times(count: number, variables: Record<string, unknown>): Record<string, unknown>[] {
  return Array.from({ length: count }, () => variables)
}

describe('subscribers to the same subscription', () => {
  it('share one read of each kind, over any transport', async () => {
    const hand = await startRefreshByHand(60)
    const subscribers = await subscribed<ResultsEvent>(hand, RESULTS, times(50, { id: hand.id, everyMs: 50 }))
    for (const from of [0, 30]) {
      await hand.commit(30)
      hand.statements.length = 0
      hand.clock.advance(50)
      const events = await Promise.all(subscribers.map(nextOf))
      const expected = hand.names.slice(from, from + 30).map((name) => ({ device: { name } }))
      for (const { probeResults } of events)
        expect(probeResults).toEqual({ probes: expected, progress: { done: from + 30 } })
      expect(hand.statements.map((sql) => /from "(\w+)"/.exec(sql)?.[1])).toEqual([
        'refreshes',
        'probes',
        'devices',
      ])
    }
  })

  it('share nothing with subscribers to another subscription', async () => {
    const hand = await startRefreshByHand(2)
    const [r0, r1] = hand.names
    const query = `subscription Results($filter: DeviceFilter, $withName: Boolean!) {
      probeResults(refreshId: "${hand.id}", everyMs: 50, filter: $filter) {
        probes { outcome device @include(if: $withName) { name } }
      }
    }`
    const subscribers = await subscribed<ResultsEvent>(hand, query, [
      { withName: true },
      { withName: false },
      { withName: true, filter: { name: { eq: r0 } } },
      { withName: true, filter: { name: { eq: r1 } } },
    ])
    await hand.commit(2)
    const first = subscribers.map(nextOf)
    hand.clock.advance(50)
    const events = (await Promise.all(first)).map(({ probeResults }) => probeResults.probes)
    const named = (name: string | undefined) => ({ outcome: 'SUPPORTED', device: { name } })
    expect(events).toEqual([
      [named(r0), named(r1)],
      [{ outcome: 'SUPPORTED' }, { outcome: 'SUPPORTED' }],
      [named(r0)],
      [named(r1)],
    ])
  })

  it('see results committed just before they subscribed, even if others have just read', async () => {
    const hand = await startRefreshByHand(2)
    for (const done of [1, 2]) {
      await hand.commit(1)
      const [events] = await subscribed<ResultsEvent>(hand, RESULTS, [{ id: hand.id }])
      expect(events && (await nextOf(events))).toEqual({
        probeResults: {
          probes: hand.names.slice(0, done).map((name) => ({ device: { name } })),
          progress: { done },
        },
      })
    }
  })

  it('do not read results again that their filter excluded', async () => {
    const hand = await startRefreshByHand(3)
    const [first, , third] = hand.names
    const query = `subscription Results($after: String, $filter: DeviceFilter) {
      probeResults(refreshId: "${hand.id}", after: $after, filter: $filter) { cursor probes { device { name } } }
    }`
    interface CursorEvent {
      probeResults: ResultsEvent['probeResults'] & { cursor: string }
    }
    const client = overSse(hand.url)
    await hand.commit(2)
    const filtered = client.subscribe<CursorEvent>(query, { filter: { name: { eq: first } } })
    const { cursor: after } = (await nextOf(filtered)).probeResults
    await hand.commit(1)
    await hand.end()
    const [rest] = await allOf(client.subscribe<CursorEvent>(query, { after }))
    expect(rest?.probeResults.probes).toEqual([{ device: { name: third } }])
  })

  it('share batches of past results, and all get the end of the refresh', async () => {
    const hand = await startRefreshByHand(1_000)
    await hand.commit(1_000)
    const query = `subscription { probeResults(refreshId: "${hand.id}") { probes { id } progress { state } } }`
    interface PieceEvent {
      probeResults: { probes: { id: string }[]; progress: { state: string } }
    }
    const sizes = (events: PieceEvent[]) =>
      events.map(({ probeResults: { probes, progress } }) => [probes.length, progress.state])
    const client = overSse(hand.url)
    const early = client.subscribe<PieceEvent>(query)
    const heard = [await nextOf(early), await nextOf(early)]
    hand.clock.advance(1_999)
    await hand.end()
    const late = [client.subscribe<PieceEvent>(query), client.subscribe<PieceEvent>(query)].map(allOf)
    for (const events of await Promise.all(late)) {
      expect(sizes(events)).toEqual([
        [500, 'PROBING'],
        [500, 'PROBING'],
        [0, 'COMPLETED'],
      ])
      expect(events.flatMap(({ probeResults }) => probeResults.probes)).toEqual(
        heard.flatMap(({ probeResults }) => probeResults.probes),
      )
    }
    hand.clock.advance(1)
    expect(sizes(await allOf(client.subscribe<PieceEvent>(query)))).toEqual([
      [500, 'COMPLETED'],
      [500, 'COMPLETED'],
    ])
    expect(sizes(await allOf(early))).toEqual([[0, 'COMPLETED']])
  })

  it('get the same batches wherever they start', async () => {
    const hand = await startRefreshByHand(1_101)
    const listeners = countListeners(hand.refreshes.events)
    const client = overSse(hand.url)
    const query = `subscription Results($after: String) {
      probeResults(refreshId: "${hand.id}", after: $after) { cursor probes { id } }
    }`
    interface PieceEvent {
      probeResults: { cursor: string; probes: { id: string }[] }
    }
    await hand.commit(101)
    const cut = client.subscribe<PieceEvent>(query)
    const { cursor: after } = (await nextOf(cut)).probeResults
    await cut.return?.()
    await listeners.reach(0)
    await hand.commit(1_000)
    await hand.end()
    const all = await allOf(client.subscribe<PieceEvent>(query))
    hand.statements.length = 0
    const rest = await allOf(client.subscribe<PieceEvent>(query, { after }))
    expect(all.map(({ probeResults }) => probeResults.probes.length)).toEqual([500, 500, 101])
    expect(rest.map(({ probeResults }) => probeResults.probes.length)).toEqual([399, 500, 101])
    expect(rest.slice(1)).toEqual(all.slice(1))
    expect(hand.statements.filter((sql) => sql.includes('from "probes"'))).toHaveLength(1)
  })

  it('do not confuse the operations of one document', async () => {
    const hand = await startRefreshByHand(1)
    await hand.commit(1)
    await hand.end()
    const query = `
      subscription State { probeResults(refreshId: "${hand.id}") { progress { state } } }
      subscription Names { probeResults(refreshId: "${hand.id}") { probes { device { name } } } }`
    const texts = ['State', 'Names', 'State'].map(async (operationName) => {
      const response = await fetch(hand.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query, operationName }),
      })
      const [, data] = /^data: (.+)$/m.exec(await response.text()) ?? []
      return JSON.parse(data ?? '')
    })
    const state = { data: { probeResults: { progress: { state: 'COMPLETED' } } } }
    const names = { data: { probeResults: { probes: [{ device: { name: hand.names[0] } }] } } }
    expect(await Promise.all(texts)).toEqual([state, names, state])
  })

  it('get the same error, which is logged once, and continue', async () => {
    const hand = await startRefreshByHand(2)
    const subscribers = await subscribed<ResultsEvent>(hand, RESULTS, times(6, { id: hand.id, everyMs: 50 }))
    const { devices } = hand.store
    const byIds = devices.byIds.bind(devices)
    devices.byIds = () => Promise.reject(new Error('The disk is on fire.'))
    await hand.commit(1)
    const failed = subscribers.map((events) => events.next())
    hand.clock.advance(50)
    const answers = (await Promise.all(failed)).map(({ value }) => value)
    expect(hand.logged).toEqual([
      expect.objectContaining({ msg: 'a request failed', errorId: expect.any(String) }),
    ])
    const [line] = hand.logged
    expect(answers).toEqual(
      times(6, {
        data: null,
        errors: [
          {
            message: `Rollcall failed with an internal error; its log has more under ${line?.errorId}.`,
            locations: expect.any(Array),
            path: ['probeResults', 'probes', 0, 'device'],
            extensions: { code: 'INTERNAL_SERVER_ERROR', errorId: line?.errorId },
          },
        ],
      }),
    )
    devices.byIds = byIds
    await hand.commit(1)
    await hand.end()
    const rest = await Promise.all(subscribers.map(allOf))
    for (const events of rest)
      expect(events).toEqual([
        { probeResults: { probes: [{ device: { name: hand.names[1] } }], progress: { done: 2 } } },
      ])
  })

  it('and to the progress of a refresh get no more events than they asked for', async () => {
    const hand = await startRefreshByHand(4)
    const query = `subscription { refreshProgress(refreshId: "${hand.id}", everyMs: 1000) { done } }`
    hand.clock.advance(990)
    const [events] = await subscribed<{ refreshProgress: { done: number } }>(hand, query, [{}])
    if (!events) throw new Error('There is no subscriber.')
    expect(await nextOf(events)).toEqual({ refreshProgress: { done: 0 } })
    let told = false
    const second = nextOf(events).finally(() => {
      told = true
    })
    await settle()
    await hand.commit(1)
    hand.clock.advance(999)
    await settle()
    expect(told).toBe(false)
    await hand.commit(1)
    hand.clock.advance(1)
    expect(await second).toEqual({ refreshProgress: { done: 2 } })
  })
})
