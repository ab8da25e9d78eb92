import { describe, expect, it } from 'vitest'
import { record } from '../../store/support/fixture.ts'
import { startApiOverFleet } from '../../support/api-over-fleet.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { ask, dataOf } from '../../support/graphql-answer.ts'

interface Started {
  startRefresh: { started: boolean; refresh: { id: string } }
}

const START = `mutation Start($input: StartRefreshInput!) {
  startRefresh(input: $input) { started refresh { id } }
}`

const CANCEL = `mutation Cancel($id: ID!) {
  cancelRefresh(id: $id) { refresh { id state progress { total done byOutcome { outcome count } } finishedAt } }
}`

async function start(url: string, input: object = {}): Promise<{ id: string; started: boolean }> {
  const { startRefresh } = await dataOf<Started>(url, START, { input })
  return { id: startRefresh.refresh.id, started: startRefresh.started }
}

/** Resolves when nothing is under way any more. */
async function atRest({ store, refreshes }: RunningApi): Promise<void> {
  for (const row of await store.refreshes.unfinished()) await refreshes.ended(row)
}

describe('startRefresh', () => {
  it('probes everything without a scope, and the refresh shows it', async () => {
    const api = await startApiOverFleet({ devices: 25, faulty: 0 })
    const { id, started } = await start(api.url)
    expect(started).toBe(true)
    await atRest(api)
    const query = `query Refresh($id: ID!) {
      refresh(id: $id) {
        state trigger requestedBy error startedAt finishedAt
        scope { countries { id } sites { id } devices { id } sync }
        progress { refreshId state total done inFlight byOutcome { outcome count } etaMs elapsedMs probesPerSecond }
        probes { totalCount nodes { phase retryable attempt device { netconfSupported lastProbe { refresh { id } } } } }
      }
      gateway { lastCompletedRefresh { id } }
    }`
    const data = await dataOf(api.url, query, { id })
    expect(data).toEqual({
      refresh: {
        state: 'COMPLETED',
        trigger: 'MUTATION',
        requestedBy: 'anonymous',
        error: null,
        startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        finishedAt: expect.stringMatching(/Z$/),
        scope: { countries: [], sites: [], devices: [], sync: true },
        progress: {
          refreshId: id,
          state: 'COMPLETED',
          total: 25,
          done: 25,
          inFlight: 0,
          byOutcome: [{ outcome: 'SUPPORTED', count: 25 }],
          etaMs: null,
          elapsedMs: expect.any(Number),
          probesPerSecond: expect.any(Number),
        },
        probes: {
          totalCount: 25,
          nodes: Array.from({ length: 25 }, () => ({
            phase: 'CLOSE',
            retryable: false,
            attempt: 1,
            device: { netconfSupported: true, lastProbe: { refresh: { id } } },
          })),
        },
      },
      gateway: { lastCompletedRefresh: { id } },
    })
  })

  it('probes the devices of the whole scope once each, without a sync', async () => {
    // Without a credential they are SKIPPED, which is a result like any other.
    const api = await startApi(
      ['Austria/Graz/a1', 'Austria/Wien/a2', 'Brazil/Natal/b1', 'Brazil/Natal/b2', 'Brazil/Belem/b3']
        .concat(['Brazil/Belem/b4', 'Canada/Banff/c1'])
        .map((place) => record(place)),
    )
    const named = await dataOf<Record<'austria' | 'natal' | 'b2' | 'b3', { id: string }>>(
      api.url,
      `{
        austria: country(name: "Austria") { id } natal: site(name: "Natal") { id }
        b2: device(name: "b2") { id } b3: device(name: "b3") { id }
      }`,
    )
    const { austria, natal, b2, b3 } = named
    const input = { countryIds: [austria.id, austria.id], siteIds: [natal.id], deviceIds: [b3.id, b2.id] }
    const { id } = await start(api.url, input)
    await atRest(api)
    const query = `query Refresh($id: ID!) { refresh(id: $id) {
      scope { countries { id } sites { id } devices { id } sync }
      probes { nodes { outcome device { name } } }
    } }`
    const { refresh } = await dataOf<{
      refresh: { scope: object; probes: { nodes: { outcome: string; device: { name: string } }[] } }
    }>(api.url, query, { id })
    expect(refresh.scope).toEqual({ countries: [austria], sites: [natal], devices: [b3, b2], sync: false })
    expect(refresh.probes.nodes.map(({ outcome, device }) => `${device.name} ${outcome}`).sort()).toEqual(
      ['a1', 'a2', 'b1', 'b2', 'b3'].map((name) => `${name} SKIPPED`),
    )
  })

  it('returns a running refresh that covers the request, and starts one for a larger scope', async () => {
    const api = await startApiOverFleet({ devices: 4, faulty: 4, timeoutMs: 60_000 })
    const { countries } = await dataOf<{ countries: { id: string }[] }>(api.url, '{ countries { id } }')
    const some = await start(api.url, { countryIds: [countries[0]?.id] })
    expect(some.started).toBe(true)
    expect(await start(api.url, { countryIds: [countries[0]?.id] })).toEqual({ id: some.id, started: false })
    const all = await start(api.url)
    expect(all).toEqual({ id: expect.not.stringMatching(some.id), started: true })
    expect(await start(api.url)).toEqual({ id: all.id, started: false })
    const forced = await start(api.url, { force: true })
    expect(forced.started).toBe(true)
    expect(await start(api.url, { force: true })).toEqual({ id: forced.id, started: false })
  })

  it('starts one refresh for two equal requests at once', async () => {
    const api = await startApiOverFleet({ devices: 2, faulty: 2, timeoutMs: 60_000 })
    const both = await Promise.all([start(api.url), start(api.url)])
    expect(both.map(({ started }) => started).sort()).toEqual([false, true])
    expect(both[0]?.id).toBe(both[1]?.id)
  })

  const unknown = (type: string) => Buffer.from(`${type}:999`).toString('base64url')
  it.each([
    [
      { countryIds: [unknown('Country')] },
      'NOT_FOUND',
      '1 of the country ids in the scope name no country; nothing was started.',
    ],
    [
      { siteIds: [unknown('Site'), Buffer.from('Site:1').toString('base64url')] },
      'NOT_FOUND',
      '1 of the site ids in the scope name no site; nothing was started.',
    ],
    [
      { deviceIds: [unknown('Device')] },
      'NOT_FOUND',
      '1 of the device ids in the scope name no device; nothing was started.',
    ],
    ...['countryIds', 'siteIds', 'deviceIds'].map((list): [object, string, string] => [
      { [list]: [], force: true },
      'BAD_USER_INPUT',
      `\`${list}\` is an empty list; leave it out, or give at least one id.`,
    ]),
    [
      { countryIds: [Buffer.from('Country:1').toString('base64url')], deviceIds: [] },
      'BAD_USER_INPUT',
      '`deviceIds` is an empty list; leave it out, or give at least one id.',
    ],
    [
      { deviceIds: ['nonsense'] },
      'BAD_USER_INPUT',
      '"nonsense" is not an id of this API; use the `id` that a query gave.',
    ],
    [
      { deviceIds: [unknown('Site')] },
      'BAD_USER_INPUT',
      `"${unknown('Site')}" is the id of a Site; the id of a Device is needed here.`,
    ],
  ])('refuses %j and starts nothing', async (input, code, message) => {
    const { url } = await startApi([record('France/Lyon/r1')])
    expect(await ask(url, START, { input })).toMatchObject({
      errors: [{ message, path: ['startRefresh'], extensions: { code } }],
    })
    expect(await dataOf(url, '{ refreshes { totalCount } }')).toEqual({ refreshes: { totalCount: 0 } })
  })
})

describe('cancelRefresh', () => {
  it('ends the refresh with the results so far, and changes nothing the second time', async () => {
    const api = await startApiOverFleet({ devices: 6, faulty: 4, timeoutMs: 60_000 })
    const { id } = await start(api.url)
    await resultsCommitted(api, 2)
    const { cancelRefresh } = await dataOf<{ cancelRefresh: unknown }>(api.url, CANCEL, { id })
    expect(cancelRefresh).toEqual({
      refresh: {
        id,
        state: 'CANCELLED',
        progress: {
          total: 6,
          done: 6,
          byOutcome: [
            { outcome: 'SUPPORTED', count: 2 },
            { outcome: 'CANCELLED', count: 4 },
          ],
        },
        finishedAt: expect.stringMatching(/Z$/),
      },
    })
    expect(await dataOf(api.url, CANCEL, { id })).toEqual({ cancelRefresh })
    expect(await dataOf(api.url, '{ summary { unprobed } }')).toEqual({ summary: { unprobed: 4 } })
  })

  it.each([
    [Buffer.from('Refresh:7').toString('base64url'), 'NOT_FOUND', 'There is no refresh with this id.'],
    ['nonsense', 'BAD_USER_INPUT', '"nonsense" is not an id of this API; use the `id` that a query gave.'],
    [
      Buffer.from('Device:1').toString('base64url'),
      'BAD_USER_INPUT',
      '"RGV2aWNlOjE" is the id of a Device; the id of a Refresh is needed here.',
    ],
  ])('refuses %s', async (id, code, message) => {
    const { url } = await startApi([])
    expect(await ask(url, CANCEL, { id })).toMatchObject({ errors: [{ message, extensions: { code } }] })
  })
})

describe('refreshes', () => {
  it('are listed newest first, filtered by state', async () => {
    const api = await startApiOverFleet({ devices: 3, faulty: 0 })
    const first = await start(api.url)
    await atRest(api)
    const second = await start(api.url)
    await atRest(api)
    await dataOf(api.url, CANCEL, { id: second.id })
    const query = `{
      all: refreshes { nodes { id } totalCount }
      done: refreshes(state: [COMPLETED], first: 1) { nodes { id } totalCount }
      none: refreshes(state: [FAILED, CANCELLED]) { nodes { id } totalCount }
    }`
    expect(await dataOf(api.url, query)).toEqual({
      all: { nodes: [{ id: second.id }, { id: first.id }], totalCount: 2 },
      done: { nodes: [{ id: second.id }], totalCount: 2 },
      none: { nodes: [], totalCount: 0 },
    })
  })
})

/** Resolves when the newest refresh has as many results. */
async function resultsCommitted({ refreshes, store }: RunningApi, count: number): Promise<void> {
  const { promise: committed, resolve } = Promise.withResolvers<void>()
  const stopListening = refreshes.events.listen((event) => {
    if (event.kind === 'results' && event.lastSeq >= count) resolve()
  })
  const [newest] = (await store.refreshes.page({ page: { first: 1 } })).items
  if (newest && refreshes.progress(newest).done < count) await committed
  stopListening()
}
