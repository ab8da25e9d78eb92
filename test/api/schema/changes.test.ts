import { describe, expect, it } from 'vitest'
import { FIRST_TRY, idsByName, newRefresh, record, report, sync } from '../../store/support/fixture.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { ask, dataOf } from '../../support/graphql-answer.ts'

interface Connection {
  totalCount: number
  nodes: { id: string; action: string; device: { name: string } | null }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
}

const CONNECTION = `totalCount nodes { id action device { name } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`

const CHANGES = `query ($first: Int, $after: String, $last: Int, $before: String, $deviceId: ID) {
  changes(first: $first, after: $after, last: $last, before: $before, deviceId: $deviceId) { ${CONNECTION} }
}`

const OF_DEVICE = `query ($name: String!, $first: Int, $after: String, $last: Int, $before: String) {
  device(name: $name) { changes(first: $first, after: $after, last: $last, before: $before) { ${CONNECTION} } }
}`

const idOf = (text: string) => Buffer.from(text).toString('base64url')

/** Devices r1 to rN, of which r1 changes its port four times; r2 is decommissioned and comes back. */
async function changed(count = 3): Promise<RunningApi> {
  const records = Array.from({ length: count }, (_, index) => record(`France/Lyon/r${index + 1}`))
  const api = await startApi(records)
  const [r1 = record('France/Lyon/r1'), ...others] = records
  for (const port of [1, 2, 3]) await sync(api.store, [{ ...r1, port }, ...others])
  await sync(api.store, [{ ...r1, port: 4 }, ...others.slice(1)], { at: 5_000 })
  await sync(api.store, [{ ...r1, port: 4 }, ...others], { at: 6_000 })
  api.statements.length = 0
  return api
}

async function read(url: string, variables: object): Promise<Connection> {
  return (await dataOf<{ changes: Connection }>(url, CHANGES, variables)).changes
}

const shown = ({ nodes }: Connection) => nodes.map(({ action, device }) => `${device?.name} ${action}`)

describe('changes', () => {
  it('show who changed what and when, newest first', async () => {
    const { url } = await changed()
    const query = `{ changes(first: 3) {
      nodes { at actor action device { name lifecycle } fields { field before after } }
    } }`
    expect(await dataOf(url, query)).toEqual({
      changes: {
        nodes: [
          {
            at: '1970-01-01T00:00:06.000Z',
            actor: 'source:global',
            action: 'RESTORED',
            device: { name: 'r2', lifecycle: 'ACTIVE' },
            fields: [{ field: 'lifecycle', before: 'DECOMMISSIONED', after: 'ACTIVE' }],
          },
          {
            at: '1970-01-01T00:00:05.000Z',
            actor: 'source:global',
            action: 'UPDATED',
            device: { name: 'r1', lifecycle: 'ACTIVE' },
            fields: [{ field: 'port', before: '3', after: '4' }],
          },
          {
            at: '1970-01-01T00:00:05.000Z',
            actor: 'source:global',
            action: 'DECOMMISSIONED',
            device: { name: 'r2', lifecycle: 'ACTIVE' },
            fields: [{ field: 'lifecycle', before: 'ACTIVE', after: 'DECOMMISSIONED' }],
          },
        ],
      },
    })
  })

  it('include capabilities and facts that probes found changed', async () => {
    const { url, store } = await startApi([record('France/Lyon/r1')])
    const deviceId = (await idsByName(store)).r1 ?? 0
    const facts = { hostname: 'r1', vendor: null, model: null, serialNumber: null, readFrom: 'x' }
    for (const [osVersion, uri] of [
      ['17.9', 'urn:a'],
      ['17.12', 'urn:b'],
    ] as const) {
      const { id: refreshId } = await newRefresh(store)
      const found = report({ capabilities: [uri], facts: { ...facts, osVersion } })
      await store.probes.commitBatch([{ refreshId, deviceId, ...FIRST_TRY, report: found }])
    }
    const query =
      '{ device(name: "r1") { changes { nodes { action actor fields { field before after } } } } }'
    const { device } = await dataOf<{ device: { changes: { nodes: { action: string }[] } } }>(url, query)
    expect(device.changes.nodes).toHaveLength(3)
    expect(device.changes.nodes).toEqual(
      expect.arrayContaining([
        {
          action: 'CAPABILITIES_CHANGED',
          actor: 'refresh',
          fields: expect.arrayContaining([
            { field: 'capability', before: 'urn:a', after: null },
            { field: 'capability', before: null, after: 'urn:b' },
          ]),
        },
        {
          action: 'FACTS_CHANGED',
          actor: 'refresh',
          fields: [{ field: 'osVersion', before: '17.9', after: '17.12' }],
        },
      ]),
    )
  })

  it('are paged both ways, of all devices or of one', async () => {
    const { url, store } = await changed()
    const deviceId = idOf(`Device:${(await idsByName(store)).r1}`)
    const first = await read(url, { first: 2, deviceId })
    expect(shown(first)).toEqual(['r1 UPDATED', 'r1 UPDATED'])
    expect(first).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true, hasPreviousPage: false } })
    const rest = await read(url, { after: first.pageInfo.endCursor, deviceId })
    expect(shown(rest)).toEqual(['r1 UPDATED', 'r1 UPDATED', 'r1 CREATED'])
    expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    const back = await read(url, { last: 1, before: rest.pageInfo.startCursor, deviceId })
    expect(back.nodes).toEqual(first.nodes.slice(1))
    const all = await read(url, {})
    expect(all.totalCount).toBe(9)
    expect(await read(url, { last: 2 })).toMatchObject({ nodes: all.nodes.slice(-2) })
    const { nodes } = await dataOf<{ nodes: unknown }>(
      url,
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Change { action device { name } } } }',
      { ids: [...all.nodes.map(({ id }) => id), idOf('Change:999')] },
    )
    expect(nodes).toEqual([...all.nodes, null])
  })

  it('are those that the filter matches', async () => {
    const { url } = await changed()
    const query = `query ($filter: ChangeFilter) { changes(filter: $filter) { ${CONNECTION} } }`
    const filter = { name: { eq: 'r2' }, since: '1970-01-01T00:00:05Z' }
    const { changes } = await dataOf<{ changes: Connection }>(url, query, { filter })
    expect(shown(changes)).toEqual(['r2 RESTORED', 'r2 DECOMMISSIONED'])
    expect(changes.totalCount).toBe(2)
  })

  it('are empty for a device without changes', async () => {
    const { url } = await changed()
    expect(await read(url, { deviceId: idOf('Device:999') })).toMatchObject({ totalCount: 0, nodes: [] })
  })

  it.each([
    [{ deviceId: idOf('Site:1') }, 'is the id of a Site'],
    [{ deviceId: 'nonsense' }, 'is not an id of this API'],
    [{ after: 'nonsense' }, 'is not one of this list'],
    [{ first: 1, last: 1 }, 'Give one of `first` and `last`'],
    [{ last: 1_001 }, 'a page has at most 1000 items'],
  ])('refuse %j', async (variables, message) => {
    const { url } = await startApi([])
    expect(await ask(url, CHANGES, variables)).toMatchObject({
      errors: [{ message: expect.stringContaining(message), extensions: { code: 'BAD_USER_INPUT' } }],
    })
  })
})

describe('the changes of a device', () => {
  it('are those that the log has of it, paged both ways', async () => {
    const { url, store } = await changed()
    const deviceId = idOf(`Device:${(await idsByName(store)).r1}`)
    const of = async (variables: object) =>
      (await dataOf<{ device: { changes: Connection } }>(url, OF_DEVICE, { name: 'r1', ...variables })).device
        .changes
    for (const page of [{}, { first: 2 }, { last: 2 }, { first: 0 }]) {
      expect(await of(page)).toEqual(await read(url, { ...page, deviceId }))
    }
    const { pageInfo } = await of({ first: 2 })
    for (const page of [
      { first: 2, after: pageInfo.endCursor },
      { last: 1, before: pageInfo.endCursor },
      { last: 9, before: pageInfo.endCursor },
    ]) {
      expect(await of(page)).toEqual(await read(url, { ...page, deviceId }))
    }
    expect(await ask(url, OF_DEVICE, { name: 'r1', after: 'nonsense' })).toMatchObject({
      errors: [{ path: ['device', 'changes', expect.anything()], extensions: { code: 'BAD_USER_INPUT' } }],
    })
  })

  it('with an invalid cursor fail alone', async () => {
    const { url } = await changed()
    const query = `{
      good: device(name: "r1") { changes(first: 1) { nodes { action } } }
      bad: device(name: "r2") { changes(after: "x") { nodes { action } } }
    }`
    const { data, errors } = await ask(url, query)
    expect(data).toEqual({ good: { changes: { nodes: [{ action: 'UPDATED' }] } }, bad: null })
    expect(errors).toMatchObject([
      { path: ['bad', 'changes', 'nodes'], extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  it('cost two statements and their devices one, however many there are', async () => {
    const query = `{
      devices { nodes { changes(first: 2) { totalCount nodes { action device { name } } } } }
      changes { nodes { device { name } } }
    }`
    const counts: number[] = []
    for (const size of [3, 30]) {
      const { url, statements } = await changed(size)
      await dataOf(url, query)
      counts.push(statements.length)
    }
    expect(counts[1]).toBe(counts[0])
    expect(counts[0]).toBeLessThanOrEqual(5)
  })
})
