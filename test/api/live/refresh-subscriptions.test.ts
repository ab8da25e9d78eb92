import { describe, expect, it } from 'vitest'
import { newRefresh, record } from '../../store/support/fixture.ts'
import { startApiOverFleet } from '../../support/api-over-fleet.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { startRefreshByHand } from '../../support/refresh-by-hand.ts'
import { allOf, countListeners, errorOf, nextOf, TRANSPORTS } from '../../support/subscribers.ts'

interface ProgressEvent {
  refreshProgress: { refreshId: string; state: string; total: number; done: number }
}

interface ResultsEvent {
  probeResults: {
    cursor: string
    probes: { outcome: string; device: { name: string } }[]
    progress: { state: string; done: number }
  }
}

const PROGRESS = `subscription Progress($id: ID!, $everyMs: Int) {
  refreshProgress(refreshId: $id, everyMs: $everyMs) { refreshId state total done }
}`

const RESULTS = `subscription Results($id: ID!, $after: String, $everyMs: Int, $filter: DeviceFilter) {
  probeResults(refreshId: $id, after: $after, everyMs: $everyMs, filter: $filter) {
    cursor
    probes { outcome device { name } }
    progress { state done }
  }
}`

/** Short enough to wait for the devices that do not answer; the others have as long as they need. */
const TIMEOUT_MS = 500
/** So long that only what does not wait for its turn comes. */
const AN_HOUR_MS = 3_600_000

async function start(url: string): Promise<string> {
  const mutation = 'mutation { startRefresh(input: { sync: false, force: true }) { refresh { id } } }'
  const data = await dataOf<{ startRefresh: { refresh: { id: string } } }>(url, mutation)
  return data.startRefresh.refresh.id
}

async function cancel(url: string, id: string): Promise<void> {
  await dataOf(url, 'mutation Cancel($id: ID!) { cancelRefresh(id: $id) { refresh { id } } }', { id })
}

function namesOf(events: ResultsEvent[]): string[] {
  return events.flatMap(({ probeResults }) => probeResults.probes.map(({ device }) => device.name))
}

async function deviceNames({ url }: RunningApi): Promise<string[]> {
  const { devices } = await dataOf<{ devices: { nodes: { name: string }[] } }>(
    url,
    '{ devices { nodes { name } } }',
  )
  return devices.nodes.map(({ name }) => name)
}

describe.each(TRANSPORTS)('refreshProgress over $name', ({ connect }) => {
  it('sends the state at once and at the end, at any interval, then completes', async () => {
    const api = await startApiOverFleet({ devices: 12, faulty: 2, timeoutMs: TIMEOUT_MS })
    const id = await start(api.url)
    const events = await allOf(
      connect(api.url).subscribe<ProgressEvent>(PROGRESS, { id, everyMs: AN_HOUR_MS }),
    )
    expect(events).toHaveLength(2)
    expect(events[0]?.refreshProgress).toMatchObject({
      refreshId: id,
      state: expect.stringMatching('QUEUED|PROBING'),
    })
    expect(events[1]?.refreshProgress).toEqual({ refreshId: id, state: 'COMPLETED', total: 12, done: 12 })
  })

  it('sends the progress in between, which never decreases', async () => {
    const api = await startApiOverFleet({ devices: 12, faulty: 2, timeoutMs: TIMEOUT_MS })
    const id = await start(api.url)
    const events = await allOf(connect(api.url).subscribe<ProgressEvent>(PROGRESS, { id, everyMs: 1 }))
    const done = events.map(({ refreshProgress }) => refreshProgress.done)
    expect(done).toEqual(done.toSorted((one, other) => one - other))
    expect(done.some((count) => count > 0 && count < 12)).toBe(true)
    expect(events.filter(({ refreshProgress }) => refreshProgress.state === 'COMPLETED')).toHaveLength(1)
  })

  it('sends one event for a refresh that has ended', async () => {
    const api = await startApi([record('France/Lyon/r1')])
    const id = await start(api.url)
    await cancel(api.url, id)
    const events = await allOf(connect(api.url).subscribe<ProgressEvent>(PROGRESS, { id }))
    expect(events.map(({ refreshProgress }) => refreshProgress.state)).toEqual([
      expect.stringMatching('COMPLETED|CANCELLED'),
    ])
  })

  it('ends with CANCELLED if the refresh is cancelled', async () => {
    const api = await startApiOverFleet({ devices: 4, faulty: 4, timeoutMs: 60_000 })
    const id = await start(api.url)
    const events = connect(api.url).subscribe<ProgressEvent>(PROGRESS, { id, everyMs: AN_HOUR_MS })
    await nextOf(events)
    await cancel(api.url, id)
    const rest = await allOf(events)
    expect(rest.map(({ refreshProgress }) => refreshProgress.state)).toEqual(['CANCELLED'])
  })
})

describe.each(TRANSPORTS)('probeResults over $name', ({ connect }) => {
  it('sends every result once and in order to each subscriber, then completes', async () => {
    const api = await startApiOverFleet({ devices: 40, faulty: 2, timeoutMs: TIMEOUT_MS })
    const id = await start(api.url)
    const [one, other] = await Promise.all([
      allOf(connect(api.url).subscribe<ResultsEvent>(RESULTS, { id, everyMs: 50 })),
      allOf(connect(api.url).subscribe<ResultsEvent>(RESULTS, { id, everyMs: 500 })),
    ])
    expect(namesOf(one).toSorted()).toEqual(await deviceNames(api))
    expect(namesOf(other)).toEqual(namesOf(one))
    const { refresh } = await dataOf<{ refresh: { probes: { nodes: { device: { name: string } }[] } } }>(
      api.url,
      'query Probes($id: ID!) { refresh(id: $id) { probes { nodes { device { name } } } } }',
      { id },
    )
    expect(namesOf(one)).toEqual(refresh.probes.nodes.map(({ device }) => device.name))
    expect(one.at(-1)?.probeResults.progress).toEqual({ state: 'COMPLETED', done: 40 })
    // Only the last event may be there for the sake of the progress alone.
    expect(one.slice(0, -1).every(({ probeResults }) => probeResults.probes.length > 0)).toBe(true)
  })

  it('sends the progress at the time of each batch', async () => {
    const hand = await startRefreshByHand(3)
    const events = connect(hand.url).subscribe<{
      probeResults: { probes: { outcome: string; device: { site: { summary: { unprobed: number } } } }[] }
    }>(
      `subscription Results($id: ID!) { probeResults(refreshId: $id, everyMs: 50) {
        probes { outcome device { site { summary { unprobed } } } }
      } }`,
      { id: hand.id },
    )
    const result = (outcome: string, unprobed: number) => ({
      outcome,
      device: { site: { summary: { unprobed } } },
    })
    await hand.commit(2)
    expect((await nextOf(events)).probeResults.probes).toEqual([
      result('SUPPORTED', 1),
      result('SUPPORTED', 1),
    ])
    await hand.commit(1, 'It did not answer.')
    await hand.end()
    const rest = await allOf(events)
    expect(rest.flatMap(({ probeResults }) => probeResults.probes)).toEqual([result('TIMEOUT', 0)])
  })

  it('continues after a cursor if the connection was cut, without loss or repetition', async () => {
    const api = await startApiOverFleet({ devices: 40, faulty: 4, timeoutMs: TIMEOUT_MS })
    const id = await start(api.url)
    const cut = connect(api.url).subscribe<ResultsEvent>(RESULTS, { id, everyMs: 50 })
    const first = await nextOf(cut)
    await cut.return?.()
    const { cursor } = first.probeResults
    const rest = await allOf(connect(api.url).subscribe<ResultsEvent>(RESULTS, { id, after: cursor }))
    expect(namesOf(rest).length).toBeGreaterThan(0)
    expect([...namesOf([first]), ...namesOf(rest)].toSorted()).toEqual(await deviceNames(api))
    const end = rest.at(-1)?.probeResults.cursor
    const nothing = await allOf(connect(api.url).subscribe<ResultsEvent>(RESULTS, { id, after: end }))
    expect(nothing).toEqual([
      { probeResults: { cursor: end, probes: [], progress: { state: 'COMPLETED', done: 40 } } },
    ])
  })

  it('sends a long refresh in batches to a late subscriber', async () => {
    // Without a credential they are SKIPPED, all at once.
    const places = Array.from({ length: 1_001 }, (_, index) => record(`France/Lyon/r${10_000 + index}`))
    const api = await startApi(places)
    const id = await start(api.url)
    await allOf(connect(api.url).subscribe<ProgressEvent>(PROGRESS, { id }))
    const events = await allOf(connect(api.url).subscribe<ResultsEvent>(RESULTS, { id }))
    expect(events.map(({ probeResults }) => probeResults.probes.length)).toEqual([500, 500, 1])
    expect(namesOf(events).toSorted()).toEqual(places.map(({ name }) => name))
  })

  it('omits the devices that the filter does not match', async () => {
    const api = await startApiOverFleet({ devices: 20, faulty: 0 })
    const names = (await deviceNames(api)).slice(3, 8)
    const id = await start(api.url)
    const filter = { name: { in: names } }
    const events = await allOf(connect(api.url).subscribe<ResultsEvent>(RESULTS, { id, filter, everyMs: 50 }))
    expect(namesOf(events).toSorted()).toEqual(names)
    expect(events.at(-1)?.probeResults.progress).toEqual({ state: 'COMPLETED', done: 20 })
  })
})

describe.each(TRANSPORTS)('refreshes over $name', ({ connect }) => {
  it('sends every refresh when its state changes', async () => {
    const api = await startApiOverFleet({ devices: 3, faulty: 0 })
    const listeners = countListeners(api.refreshes.events)
    const events = connect(api.url).subscribe<{ refreshes: { id: string; state: string } }>(
      'subscription { refreshes { id state } }',
    )
    const first = events.next()
    await listeners.reach(1)
    const id = await start(api.url)
    expect((await first).value.data).toEqual({ refreshes: { id, state: 'PROBING' } })
    expect(await nextOf(events)).toEqual({ refreshes: { id, state: 'COMPLETED' } })
    await events.return?.()
    await listeners.reach(0)
  })
})

describe.each(TRANSPORTS)('a subscription over $name', ({ connect }) => {
  it.each([
    [PROGRESS, { id: globalId('Refresh:9') }, 'NOT_FOUND', 'There is no refresh with this id.'],
    [RESULTS, { id: globalId('Refresh:9') }, 'NOT_FOUND', 'There is no refresh with this id.'],
    [
      PROGRESS,
      { id: 'nonsense' },
      'BAD_USER_INPUT',
      '"nonsense" is not an id of this API; use the `id` that a query gave.',
    ],
    [
      RESULTS,
      { id: globalId('Device:1') },
      'BAD_USER_INPUT',
      '"RGV2aWNlOjE" is the id of a Device; the id of a Refresh is needed here.',
    ],
    [
      RESULTS,
      { id: globalId('Refresh:1'), after: 'nonsense' },
      'BAD_USER_INPUT',
      '"nonsense" is not a cursor of this refresh; use the `cursor` of one of its events.',
    ],
    [
      RESULTS,
      { id: globalId('Refresh:1'), after: globalId('results:2:1') },
      'BAD_USER_INPUT',
      `"${globalId('results:2:1')}" is not a cursor of this refresh; use the \`cursor\` of one of its events.`,
    ],
  ])('%s with %j is refused', async (query, variables, code, message) => {
    const { url, store } = await startApi([])
    await newRefresh(store)
    const error = await errorOf(connect(url).subscribe(query, variables))
    expect(error).toMatchObject({ message, extensions: { code } })
    expect(Object.keys(error?.extensions ?? {})).toEqual(['code'])
  })

  it('ends for the server as soon as its client disconnects, even if nothing happens', async () => {
    const api = await startApiOverFleet({ devices: 2, faulty: 2, timeoutMs: 60_000 })
    const listeners = countListeners(api.refreshes.events)
    const id = await start(api.url)
    const client = connect(api.url)
    const progress = client.subscribe<ProgressEvent>(PROGRESS, { id })
    const results = client.subscribe<ResultsEvent>(RESULTS, { id })
    await nextOf(progress)
    // None of these comes: both devices stall.
    const waiting = [progress.next(), results.next()]
    await listeners.reach(2)
    await progress.return?.()
    await listeners.reach(1)
    await results.return?.()
    await listeners.reach(0)
    expect(await Promise.all(waiting)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ])
    expect(await dataOf(api.url, '{ refreshes { nodes { state } } }')).toEqual({
      refreshes: { nodes: [{ state: 'PROBING' }] },
    })
  })
})

function globalId(text: string): string {
  return Buffer.from(text).toString('base64url')
}
