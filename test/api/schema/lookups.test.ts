import { describe, expect, it } from 'vitest'
import { FIRST_TRY, idsByName, newRefresh, record, report, sync } from '../../store/support/fixture.ts'
import { STARTED_AT, startApi } from '../../support/api-server.ts'
import { ask, dataOf } from '../../support/graphql-answer.ts'

/** As Relay ids commonly are; to clients they are opaque. */
function globalId(text: string): string {
  return Buffer.from(text).toString('base64url')
}

const NETWORK = [
  record('Germany/Berlin/core', { region: 'EMEA', platform: 'iosxe' }),
  record('Germany/Berlin/edge'),
  record('Germany/Bonn/core'),
  record('Utopia/Berlin/core'),
]

describe('node and nodes', () => {
  it('return the object of an id, for every type that has ids', async () => {
    const { url, store } = await startApi(NETWORK)
    const { id: refreshId } = await newRefresh(store)
    const deviceId = (await idsByName(store)).edge ?? 0
    await store.probes.commitBatch([{ refreshId, deviceId, ...FIRST_TRY, report: report() }])
    const { device } = await dataOf<{
      device: {
        id: string
        site: { id: string; country: { id: string } }
        lastProbe: { id: string; refresh: { id: string } }
      }
    }>(url, '{ device(name: "edge") { id site { id country { id } } lastProbe { id refresh { id } } } }')
    const ids = [
      device.id,
      device.site.id,
      device.site.country.id,
      device.lastProbe.id,
      device.lastProbe.refresh.id,
    ]
    const fields = '__typename id ... on Device { name } ... on Site { name } ... on Country { name }'
    const expected = [
      { __typename: 'Device', id: ids[0], name: 'edge' },
      { __typename: 'Site', id: ids[1], name: 'Berlin' },
      { __typename: 'Country', id: ids[2], name: 'Germany' },
      { __typename: 'Probe', id: ids[3] },
      { __typename: 'Refresh', id: ids[4] },
    ]
    const query = `query Nodes($ids: [ID!]!) { nodes(ids: $ids) { ${fields} } }`
    expect(await dataOf(url, query, { ids })).toEqual({ nodes: expected })
    for (const [index, id] of ids.entries()) {
      const one = await dataOf(url, `query One($id: ID!) { node(id: $id) { ${fields} } }`, { id })
      expect(one).toEqual({ node: expected[index] })
    }
  })

  it('return the same object to several requests at once', async () => {
    const { url } = await startApi(NETWORK)
    const query = `query Twice($id: ID!) {
      first: node(id: $id) { __typename }
      second: node(id: $id) { __typename }
      third: nodes(ids: [$id, $id]) { __typename }
    }`
    const device = { __typename: 'Device' }
    expect(await dataOf(url, query, { id: globalId('Device:1') })).toEqual({
      first: device,
      second: device,
      third: [device, device],
    })
  })

  it('return null for an id without an object', async () => {
    const { url } = await startApi(NETWORK)
    const ids = ['Country:99', 'Country:1', 'Site:99', 'Device:99', 'Probe:99', 'Refresh:99'].map(globalId)
    expect(await dataOf(url, 'query Nodes($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })).toEqual({
      nodes: [null, { id: ids[1] }, null, null, null, null],
    })
    expect(await dataOf(url, 'query One($id: ID!) { node(id: $id) { id } }', { id: ids[0] })).toEqual({
      node: null,
    })
  })

  it.each([
    '',
    'Device',
    'Device:',
    'Device:0',
    'Device:-1',
    'Device:1.5',
    'Device:1:2',
    'Device:x',
    'Budget:1',
    ':1',
  ])('refuse "%s" as an id', async (text) => {
    const { url } = await startApi([])
    const id = globalId(text)
    const refused = {
      message: `"${id}" is not an id of this API; use the \`id\` that a query gave.`,
      extensions: { code: 'BAD_USER_INPUT' },
    }
    expect(await ask(url, 'query One($id: ID!) { node(id: $id) { id } }', { id })).toMatchObject({
      data: { node: null },
      errors: [refused],
    })
    expect(await ask(url, 'query Nodes($id: ID!) { nodes(ids: [$id]) { id } }', { id })).toMatchObject({
      errors: [refused],
    })
  })
})

describe('country, site and device', () => {
  it.each([
    ['country(name: "Germany") { code region }', { code: 'DE', region: 'EMEA' }],
    ['country(name: "Utopia") { code region }', { code: null, region: null }],
    ['country(name: "germany") { code }', null],
    ['site(name: "Bonn") { country { name } }', { country: { name: 'Germany' } }],
    ['site(name: "Berlin", country: "Utopia") { devices { name } }', { devices: [{ name: 'core' }] }],
    ['site(name: "Berlin", country: "France") { name }', null],
    ['device(name: "edge") { site { name } }', { site: { name: 'Berlin' } }],
    ['device(name: "core", site: "Bonn") { country { name } }', { country: { name: 'Germany' } }],
    ['device(name: "core", country: "Utopia") { site { name } }', { site: { name: 'Berlin' } }],
    ['device(name: "core", site: "Bonn", country: "Utopia") { name }', null],
  ])('%s', async (selection, expected) => {
    const { url } = await startApi(NETWORK)
    expect(await dataOf(url, `{ found: ${selection} }`)).toEqual({ found: expected })
  })

  it.each([
    ['site(name: "Berlin")', 'Several countries have a site "Berlin"; give `country` as well.'],
    ['device(name: "core")', 'Several devices are named "core"; give `site` or `country` as well.'],
    [
      'device(name: "core", site: "Berlin")',
      'Several devices are named "core"; give `site` or `country` as well.',
    ],
    [
      'device(name: "core", country: "Germany")',
      'Several devices are named "core"; give `site` or `country` as well.',
    ],
  ])('%s matches several', async (selection, message) => {
    const { url } = await startApi(NETWORK)
    expect(await ask(url, `{ found: ${selection} { id } }`)).toMatchObject({
      data: { found: null },
      errors: [{ message, path: ['found'], extensions: { code: 'BAD_USER_INPUT' } }],
    })
  })

  it('returns all fields of a device', async () => {
    const { url, store } = await startApi([])
    await sync(store, [record('Germany/Berlin/core', { platform: 'iosxe', port: 8300 })], { at: 86_400_000 })
    const query = `{ device(name: "core") {
      address port platform lifecycle source netconfSupported missingCapabilities capabilities { uri }
      lastProbe { outcome phase message retryable startedAt durationMs attempt }
      firstSeenAt lastSeenAt lastProbedAt lastSupportedAt nextProbeAt probeHold
    } }`
    const known = {
      address: 'core.example.net',
      port: 8300,
      platform: 'iosxe',
      lifecycle: 'ACTIVE',
      source: 'global',
      firstSeenAt: '1970-01-02T00:00:00.000Z',
      lastSeenAt: '1970-01-02T00:00:00.000Z',
      nextProbeAt: null,
      probeHold: 'NO_CREDENTIAL',
    }
    expect(await dataOf(url, query)).toEqual({
      device: {
        ...known,
        netconfSupported: null,
        missingCapabilities: [],
        capabilities: [],
        lastProbe: null,
        lastProbedAt: null,
        lastSupportedAt: null,
      },
    })
    await store.probes.commitBatch([
      {
        refreshId: null,
        deviceId: (await idsByName(store)).core ?? 0,
        ...FIRST_TRY,
        attempt: 2,
        report: report({
          outcome: 'MISSING_CAPABILITIES',
          message: 'It lacks one.',
          startedAt: 90_000_000,
          durationMs: 1_234.5,
          capabilities: ['urn:a'],
          missing: ['urn:example:required'],
        }),
      },
    ])
    expect(await dataOf(url, query)).toEqual({
      device: {
        ...known,
        netconfSupported: false,
        missingCapabilities: ['urn:example:required'],
        capabilities: [{ uri: 'urn:a' }],
        lastProbe: {
          outcome: 'MISSING_CAPABILITIES',
          phase: 'CLOSE',
          message: 'It lacks one.',
          retryable: false,
          startedAt: '1970-01-02T01:00:00.000Z',
          durationMs: 1_234.5,
          attempt: 2,
        },
        lastProbedAt: '1970-01-02T01:00:01.235Z',
        lastSupportedAt: null,
      },
    })
  })
})

describe('summaries', () => {
  it('count active devices by their last probe: all, of a filter, of a country, of a site', async () => {
    const { url, store } = await startApi([...NETWORK, record('Germany/Bonn/gone')])
    await sync(store, NETWORK)
    const devices = await store.devices.page({
      filter: {},
      orderBy: { field: 'COUNTRY', direction: 'ASC' },
      page: { first: 4 },
    })
    const outcomes = ['SUPPORTED', 'TIMEOUT', 'SUPPORTED'] as const
    await store.probes.commitBatch(
      outcomes.map((outcome, index) => ({
        refreshId: null,
        deviceId: devices.items[index]?.id ?? 0,
        ...FIRST_TRY,
        report: report({ outcome, startedAt: 1_000 * (index + 1), durationMs: 0 }),
      })),
    )
    const counts = 'devices supported unprobed byOutcome { outcome count } oldestProbeAt'
    const query = `{
      all: summary { ${counts} }
      some: summary(filter: { name: { eq: "edge" } }) { ${counts} }
      none: summary(filter: { lifecycle: DECOMMISSIONED }) { ${counts} }
      countries { name summary { ${counts} } sites { name summary { devices } } }
    }`
    const none = { devices: 0, supported: 0, unprobed: 0, byOutcome: [], oldestProbeAt: null }
    const supported = { outcome: 'SUPPORTED', count: 2 }
    const timeout = { outcome: 'TIMEOUT', count: 1 }
    const probed = { byOutcome: [supported, timeout], oldestProbeAt: '1970-01-01T00:00:01.000Z' }
    expect(await dataOf(url, query)).toEqual({
      all: { devices: 4, supported: 2, unprobed: 1, ...probed },
      some: { ...none, devices: 1, byOutcome: [timeout], oldestProbeAt: '1970-01-01T00:00:02.000Z' },
      none,
      countries: [
        {
          name: 'Germany',
          summary: { devices: 3, supported: 2, unprobed: 0, ...probed },
          sites: [
            { name: 'Berlin', summary: { devices: 2 } },
            { name: 'Bonn', summary: { devices: 1 } },
          ],
        },
        {
          name: 'Utopia',
          summary: { ...none, devices: 1, unprobed: 1 },
          sites: [{ name: 'Berlin', summary: { devices: 1 } }],
        },
      ],
    })
  })
})

describe('gateway', () => {
  it('returns the present settings', async () => {
    const { url } = await startApi([])
    const query = `{ gateway {
      version startedAt nextScheduledRefreshAt lastCompletedRefresh { id } requiredCapabilities
      budgets { name limit perSecond inUse waiting }
      processes { name role regions version startedAt lastSeenAt active probesInFlight }
    } }`
    expect(await dataOf(url, query)).toEqual({
      gateway: {
        version: '1.2.3',
        startedAt: new Date(STARTED_AT).toISOString(),
        nextScheduledRefreshAt: null,
        lastCompletedRefresh: null,
        requiredCapabilities: ['urn:example:required'],
        budgets: expect.arrayContaining([
          { name: 'concurrency', limit: 200, perSecond: false, inUse: 0, waiting: 0 },
          { name: 'perSite', limit: 10, perSecond: false, inUse: 0, waiting: 0 },
        ]),
        processes: [
          {
            name: 'host-a:17',
            role: 'ALL',
            regions: [],
            version: '1.2.3',
            startedAt: new Date(STARTED_AT).toISOString(),
            lastSeenAt: new Date(STARTED_AT + 2_000).toISOString(),
            active: true,
            probesInFlight: 3,
          },
        ],
      },
    })
  })
})
