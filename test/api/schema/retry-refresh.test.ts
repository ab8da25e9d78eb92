import { describe, expect, it } from 'vitest'
import { newRefresh, record } from '../../store/support/fixture.ts'
import { startApiOverFleet } from '../../support/api-over-fleet.ts'
import { startApi } from '../../support/api-server.ts'
import { ask, dataOf } from '../../support/graphql-answer.ts'

const RETRY = `mutation Retry($id: ID!) {
  retryRefresh(id: $id) {
    started
    refresh { id requestedBy scope { sync devices { name } } retryOf { id } progress { total } }
  }
}`

interface Retried {
  retryRefresh: { started: boolean; refresh: { id: string } }
}

const idOf = (text: string) => Buffer.from(text).toString('base64url')

describe('retryRefresh', () => {
  it('starts one refresh of the failed devices, and returns it to a second request', async () => {
    const api = await startApiOverFleet({ devices: 4, faulty: 4, timeoutMs: 60_000 })
    const names = api.fleet.inventory.slice(0, 3).map(({ name }) => name)
    const { devices } = await dataOf<{ devices: { nodes: { id: string }[] } }>(
      api.url,
      'query ($names: [String!]) { devices(filter: { name: { in: $names } }) { nodes { id } } }',
      { names },
    )
    const input = { deviceIds: devices.nodes.map(({ id }) => id) }
    const { startRefresh } = await dataOf<{ startRefresh: { refresh: { id: string } } }>(
      api.url,
      'mutation ($input: StartRefreshInput!) { startRefresh(input: $input) { refresh { id } } }',
      { input },
    )
    const { id } = startRefresh.refresh
    const underWay = await ask(api.url, RETRY, { id })
    expect(underWay).toMatchObject({ errors: [{ extensions: { code: 'CONFLICT' } }] })
    await dataOf(api.url, 'mutation ($id: ID!) { cancelRefresh(id: $id) { refresh { state } } }', { id })

    const both = await Promise.all([1, 2].map(() => dataOf<Retried>(api.url, RETRY, { id })))
    expect(both.map(({ retryRefresh }) => retryRefresh.started).sort()).toEqual([false, true])
    expect(both[0]?.retryRefresh.refresh).toEqual({
      id: expect.not.stringMatching(id),
      requestedBy: 'anonymous',
      scope: { sync: false, devices: expect.arrayContaining(names.map((name) => ({ name }))) },
      retryOf: { id },
      progress: { total: 3 },
    })
    expect(both[1]?.retryRefresh.refresh).toEqual(both[0]?.retryRefresh.refresh)
  })

  it('starts one that is COMPLETED at once if nothing failed', async () => {
    const { url, store, refreshes } = await startApi([record('France/Lyon/r1')])
    const { id } = await newRefresh(store)
    await store.refreshes.addTargets(id, {
      scope: { countryIds: [], siteIds: [7], deviceIds: [] },
      probedBefore: null,
    })
    await store.refreshes.update(id, { state: 'COMPLETED', finishedAt: 6_000 })
    await dataOf(url, RETRY, { id: idOf(`Refresh:${id}`) })
    for (const row of await store.refreshes.unfinished()) await refreshes.ended(row)
    expect(await dataOf(url, '{ refreshes(first: 1) { nodes { state progress { total } } } }')).toEqual({
      refreshes: { nodes: [{ state: 'COMPLETED', progress: { total: 0 } }] },
    })
  })

  it.each([
    [idOf('Refresh:7'), 'NOT_FOUND', 'There is no refresh with this id.'],
    ['nonsense', 'BAD_USER_INPUT', '"nonsense" is not an id of this API; use the `id` that a query gave.'],
  ])('refuses %s', async (id, code, message) => {
    const { url } = await startApi([])
    expect(await ask(url, RETRY, { id })).toMatchObject({ errors: [{ message, extensions: { code } }] })
  })
})
