import { describe, expect, it } from 'vitest'
import { FIRST_TRY, idsByName, newRefresh, record, report, sync } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { ask, dataOf } from '../../support/graphql-answer.ts'

interface Connection {
  edges: { cursor: string; node: { name: string } }[]
  nodes: { name: string }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
  totalCount: number
}

const DEVICES = `query Devices($first: Int, $after: String, $last: Int, $before: String, $filter: DeviceFilter, $orderBy: DeviceOrder) {
  devices(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
    edges { cursor node { name } }
    nodes { name }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}`

const SITES = `query Sites($first: Int, $after: String, $filter: SiteFilter, $orderBy: SiteOrder) {
  sites(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    edges { cursor node { name } }
    nodes { name }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}`

function names({ nodes }: Pick<Connection, 'nodes'>): string {
  return nodes.map(({ name }) => name).join(' ')
}

/** Seven devices of three countries, of which all but `f` and `g` were probed, in the order of their names. */
async function network() {
  const api = await startApi([])
  const { store, url } = api
  const records = [
    record('Austria/Graz/d', { platform: 'iosxe', address: '192.0.2.14' }),
    record('Austria/Wien/a', { platform: 'junos', address: '192.0.2.17' }),
    record('Brazil/Natal/f', { platform: 'junos', address: '192.0.2.12' }),
    record('Brazil/Natal/c', { platform: 'iosxe', address: '192.0.2.15', region: 'LATAM' }),
    record('Canada/Banff/b', { platform: 'nxos', address: '192.0.2.16' }),
    record('Canada/Banff/e', { address: '192.0.2.13' }),
    record('Canada/Banff/g', { address: '192.0.2.11' }),
  ]
  await sync(store, [...records, record('Canada/Banff/gone')], { at: 1_000 })
  await sync(store, records, { at: 2_000 })
  const ids = await idsByName(store)
  const { id: refreshId } = await newRefresh(store)
  const outcomes = [
    {
      name: 'a',
      report: report({ startedAt: 10_000, capabilities: ['urn:x?module=if&revision=2018-02-20'] }),
    },
    {
      name: 'b',
      report: report({ startedAt: 20_000, capabilities: ['urn:x?module=if&revision=2014-05-08'] }),
    },
    { name: 'c', report: report({ startedAt: 30_000, outcome: 'TIMEOUT', phase: 'HELLO' }) },
    {
      name: 'd',
      report: report({ startedAt: 40_000, outcome: 'MISSING_CAPABILITIES', capabilities: ['urn:y'] }),
    },
    { name: 'e', report: report({ startedAt: 50_000, outcome: 'AUTH_FAILED' }) },
  ]
  await store.probes.commitBatch(
    outcomes.map(({ name, report }) => ({ refreshId, deviceId: ids[name] ?? 0, ...FIRST_TRY, report })),
  )
  const list = async (query: string, variables: object): Promise<Connection> => {
    const data = await dataOf<Record<string, Connection>>(url, query, variables)
    return Object.values(data)[0] as Connection
  }
  return { ...api, ids, list }
}

describe('a connection', () => {
  it('is read page by page in both directions, without a gap or a repetition', async () => {
    const { list } = await network()
    const first = await list(DEVICES, { first: 3 })
    expect(names(first)).toBe('a b c')
    expect(first.edges.map(({ node }) => node.name)).toEqual(['a', 'b', 'c'])
    expect(first.totalCount).toBe(7)
    expect(first.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: first.edges[0]?.cursor,
      endCursor: first.edges[2]?.cursor,
    })
    const second = await list(DEVICES, { first: 3, after: first.pageInfo.endCursor })
    expect(names(second)).toBe('d e f')
    const third = await list(DEVICES, { first: 3, after: second.pageInfo.endCursor })
    expect(names(third)).toBe('g')
    expect(third.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })

    const last = await list(DEVICES, { last: 3 })
    expect(names(last)).toBe('e f g')
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    const back = await list(DEVICES, { last: 4, before: last.pageInfo.startCursor })
    expect(names(back)).toBe('a b c d')
    expect(back.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
  })

  it('counts only if totalCount is selected', async () => {
    const { url, statements } = await network()
    statements.length = 0
    await dataOf(url, '{ devices(first: 2) { nodes { name } } }')
    expect(statements).toHaveLength(1)
  })

  it('has pages of 100 by default, and of 1,000 at most', async () => {
    const { url } = await startApi(
      Array.from({ length: 1_100 }, (_, index) => record(`Chad/Bol/r${String(index).padStart(4, '0')}`)),
    )
    const { devices } = await dataOf<{ devices: Pick<Connection, 'nodes'> }>(
      url,
      '{ devices { nodes { name } } }',
    )
    expect(devices.nodes).toHaveLength(100)
    const large = await dataOf<{ devices: Pick<Connection, 'nodes'> }>(
      url,
      '{ devices(last: 1000) { nodes { name } } }',
    )
    expect(large.devices.nodes[0]?.name).toBe('r0100')
    expect(large.devices.nodes).toHaveLength(1_000)
  })

  it.each([
    ['first: 1001', '`first` is 1001, and a page has at most 1000 items; use pages and cursors.'],
    ['last: 1001', '`last` is 1001, and a page has at most 1000 items; use pages and cursors.'],
    ['first: -1', 'A page cannot have -1 items; give 0 or more.'],
    ['first: 1, last: 1', 'Give one of `first` and `last`, not both.'],
  ])('refuses (%s)', async (args, message) => {
    const { url } = await startApi([])
    for (const list of ['devices', 'sites', 'refreshes']) {
      expect(await ask(url, `{ ${list}(${args}) { totalCount } }`)).toMatchObject({
        errors: [{ message, path: [list], extensions: { code: 'BAD_USER_INPUT' } }],
      })
    }
  })

  it('refuses an invalid cursor if a page is selected', async () => {
    const { url } = await startApi([])
    const message =
      'The cursor "bad" is not one of this list; take it from a page of the same list in the same order.'
    for (const list of ['changes', 'devices', 'sites', 'refreshes', 'syncPlans']) {
      const query = `{ ${list}(first: 1, after: "bad") { totalCount nodes { id } pageInfo { hasNextPage } } }`
      expect(await ask(url, query)).toMatchObject({
        data: null,
        errors: [{ message, path: [list, expect.anything()], extensions: { code: 'BAD_USER_INPUT' } }],
      })
    }
  })

  it('refuses the cursor of another order', async () => {
    const { url, list } = await network()
    const { pageInfo } = await list(DEVICES, { first: 1, orderBy: { field: 'ADDRESS' } })
    const answer = await ask(url, DEVICES, { first: 1, after: pageInfo.endCursor })
    expect(answer.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
  })
})

describe('devices', () => {
  it.each<[object, string]>([
    [{ field: 'NAME' }, 'a b c d e f g'],
    [{ field: 'NAME', direction: 'DESC' }, 'g f e d c b a'],
    [{ field: 'NAME', direction: null }, 'a b c d e f g'],
    [{ field: 'ADDRESS' }, 'g f e d c b a'],
    [{ field: 'SITE' }, 'b e g d c f a'],
    [{ field: 'COUNTRY' }, 'd a c f b e g'],
    [{ field: 'LAST_PROBED_AT', direction: 'ASC' }, 'f g a b c d e'],
    [{ field: 'LAST_SEEN_AT', direction: 'DESC' }, 'g e b c f a d'],
  ])('by %j are %s, also page by page', async (orderBy, expected) => {
    const { list } = await network()
    expect(names(await list(DEVICES, { orderBy }))).toBe(expected)
    const start = await list(DEVICES, { orderBy, first: 4 })
    const end = await list(DEVICES, { orderBy, first: 4, after: start.pageInfo.endCursor })
    expect(`${names(start)} ${names(end)}`).toBe(expected)
  })

  it.each<[object, string]>([
    [{}, 'a b c d e f g'],
    [{ name: { in: ['a', 'g', 'nobody'] } }, 'a g'],
    [{ address: { startsWith: '192.0.2.1', contains: '.15' } }, 'c'],
    [{ platform: { eq: 'iosxe' } }, 'c d'],
    [{ not: { platform: { eq: 'iosxe' } } }, 'a b e f g'],
    [{ lifecycle: 'DECOMMISSIONED' }, 'gone'],
    [{ or: [{ lifecycle: 'DECOMMISSIONED' }, { name: { eq: 'a' } }] }, 'a gone'],
    [{ or: [] }, ''],
    [{ netconfSupported: true }, 'a b'],
    [{ netconfSupported: false }, 'c d e'],
    [{ outcome: ['TIMEOUT', 'AUTH_FAILED'] }, 'c e'],
    [{ probedBefore: '1970-01-01T00:00:30.000Z' }, 'a b f g'],
    [{ probedBefore: '1970-01-01T01:00:30.000+01:00' }, 'a b f g'],
    [{ hasCapability: { module: { eq: 'if' } } }, 'a b'],
    [{ hasCapability: { module: { eq: 'if' }, minRevision: '2018-01-01' } }, 'a'],
    [{ lacksCapability: { module: { eq: 'if' } } }, 'd'],
    [{ site: { name: { eq: 'Banff' } } }, 'b e g'],
    [{ site: { country: { region: { eq: 'LATAM' } } } }, 'c f'],
    [{ name: null, or: null, site: null, probedBefore: null }, 'a b c d e f g'],
  ])('that match %j are "%s", and counted so', async (filter, expected) => {
    const { list } = await network()
    const found = await list(DEVICES, { filter })
    expect(names(found)).toBe(expected)
    expect(found.totalCount).toBe(expected === '' ? 0 : expected.split(' ').length)
  })

  it.each([
    ['a filter of more than 200 parts', { or: Array.from({ length: 200 }, () => ({ name: { eq: 'a' } })) }],
    ['a date that is none', { probedBefore: '2026-05-03' }],
    ['an outcome that there is not', { outcome: ['FINE'] }],
    ['a field that there is not', { colour: { eq: 'x' } }],
  ])('refuses %s', async (_what, filter) => {
    const { url } = await startApi([])
    const { errors } = await ask(url, DEVICES, { filter })
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(['BAD_USER_INPUT']))
  })

  it('have their capabilities parsed, sorted and filtered', async () => {
    const { url, store, ids } = await network()
    await store.probes.commitBatch([
      {
        refreshId: null,
        deviceId: ids.a ?? 0,
        ...FIRST_TRY,
        report: report({
          startedAt: 60_000,
          capabilities: ['urn:a?module=m&revision=2020-01-01&features=f,g&deviations=d', 'urn:b'],
        }),
      },
    ])
    const query = `{ device(name: "a") {
      capabilities { uri namespace module revision features deviations }
      modules: capabilities(filter: { module: { startsWith: "" } }) { namespace }
      old: capabilities(filter: { minRevision: "2020-01-02" }) { namespace }
      some: capabilities(filter: { uri: { in: ["urn:b", "urn:c"] } }) { namespace }
    } }`
    expect(await dataOf(url, query)).toEqual({
      device: {
        capabilities: [
          {
            uri: 'urn:a?module=m&revision=2020-01-01&features=f,g&deviations=d',
            namespace: 'urn:a',
            module: 'm',
            revision: '2020-01-01',
            features: ['f', 'g'],
            deviations: ['d'],
          },
          { uri: 'urn:b', namespace: 'urn:b', module: null, revision: null, features: [], deviations: [] },
        ],
        modules: [{ namespace: 'urn:a' }],
        old: [],
        some: [{ namespace: 'urn:b' }],
      },
    })
  })
})

describe('sites', () => {
  it.each<[object, string]>([
    [{}, 'Banff Graz Natal Wien'],
    [{ orderBy: { field: 'NAME', direction: 'DESC' } }, 'Wien Natal Graz Banff'],
    [{ orderBy: { field: 'COUNTRY' } }, 'Graz Wien Natal Banff'],
    [{ orderBy: { field: 'DEVICES', direction: 'DESC' } }, 'Banff Natal Wien Graz'],
    [{ filter: { country: { name: { eq: 'Austria' } } } }, 'Graz Wien'],
    [{ filter: { not: { name: { contains: 'a' } } } }, 'Wien'],
  ])('with %j are %s', async (variables, expected) => {
    const { list } = await network()
    const found = await list(SITES, variables)
    expect(names(found)).toBe(expected)
    expect(found.totalCount).toBe(expected.split(' ').length)
  })
})

describe('the probes of a device and of a refresh', () => {
  it('are connections: newest first, and in the order in which they ended', async () => {
    const { url, store, ids } = await network()
    const { id: refreshId } = await newRefresh(store)
    await store.probes.commitBatch([
      { refreshId, deviceId: ids.c ?? 0, ...FIRST_TRY, report: report({ startedAt: 70_000 }) },
      {
        refreshId,
        deviceId: ids.a ?? 0,
        ...FIRST_TRY,
        report: report({ startedAt: 70_001, outcome: 'TIMEOUT' }),
      },
    ])
    const query = `{
      device(name: "a") { probes(first: 1) { nodes { outcome } pageInfo { hasNextPage } totalCount } }
      refreshes(first: 1) { nodes {
        all: probes { nodes { device { name } } totalCount }
        failed: probes(outcome: [TIMEOUT, AUTH_FAILED]) { nodes { device { name } } totalCount }
      } totalCount }
    }`
    expect(await dataOf(url, query)).toEqual({
      device: { probes: { nodes: [{ outcome: 'TIMEOUT' }], pageInfo: { hasNextPage: true }, totalCount: 2 } },
      refreshes: {
        nodes: [
          {
            all: { nodes: [{ device: { name: 'c' } }, { device: { name: 'a' } }], totalCount: 2 },
            failed: { nodes: [{ device: { name: 'a' } }], totalCount: 1 },
          },
        ],
        totalCount: 2,
      },
    })
  })
})
