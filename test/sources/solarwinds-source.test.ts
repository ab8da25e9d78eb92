import { afterEach, expect, test } from 'vitest'
import type { SolarWindsSourceConfig } from '../../src/config/schema.ts'
import { createSource } from '../../src/sources/create-source.ts'
import { RetryClock, TIMEOUT_MS, TOTAL_TIMEOUT_MS } from './support/retry-clock.ts'
import { SOLARWINDS_LOGIN, startSolarWinds } from './support/solarwinds-server.ts'
import { answerJson, type TestServer } from './support/test-server.ts'

const never = new AbortController().signal

const servers: TestServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

const nodes = [
  node(12, { Vendor: 'Cisco', 'CustomProperties.Port': 22 }),
  node(7, { Vendor: 'Juniper' }),
  node(9, { Vendor: 'Windows' }),
]

function node(NodeID: number, more: object) {
  return {
    NodeID,
    Caption: `node-${NodeID}`,
    IPAddress: `10.0.0.${NodeID}`,
    Vendor: '',
    'CustomProperties.Port': null,
    'CustomProperties.Site': 'FRA',
    'CustomProperties.Country': 'Germany',
    ...more,
  }
}

async function fetchWith(options: Partial<SolarWindsSourceConfig> = {}) {
  const server = await startSolarWinds({ nodes })
  servers.push(server)
  const config: SolarWindsSourceConfig = {
    name: 'orion',
    type: 'solarwinds',
    url: server.url,
    ca: null,
    tlsServerName: null,
    timeoutMs: TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
    ...SOLARWINDS_LOGIN,
    fields: {
      key: 'NodeID',
      name: 'Caption',
      address: 'IPAddress',
      site: 'CustomProperties.Site',
      country: 'CustomProperties.Country',
    },
    filter: {},
    pageSize: 2,
    ...options,
  }
  const source = createSource(config, { defaultPort: 830, clock: new RetryClock() })
  return { server, fetch: () => source.fetch(never) }
}

test('queries the columns of its fields, one page after the other', async () => {
  const { server, fetch } = await fetchWith()
  expect((await fetch()).records.map(({ key, name, address }) => [key, name, address])).toEqual([
    ['7', 'node-7', '10.0.0.7'],
    ['9', 'node-9', '10.0.0.9'],
    ['12', 'node-12', '10.0.0.12'],
  ])
  const query = (rows: string) =>
    `SELECT n.NodeID AS NodeNumber, n.NodeID AS Field0, n.Caption AS Field1, n.IPAddress AS Field2, n.CustomProperties.Site AS Field3, n.CustomProperties.Country AS Field4 FROM Orion.Nodes n ORDER BY n.NodeID WITH ROWS ${rows} WITH TOTALROWS`
  expect(server.requests.map(({ body }) => JSON.parse(body))).toEqual([
    { query: query('1 TO 2'), parameters: {} },
    { query: query('3 TO 4'), parameters: {} },
  ])
})

test('can use any column for any field, and one column for two fields', async () => {
  const { fetch } = await fetchWith({
    fields: {
      name: 'Caption',
      address: 'IPAddress',
      site: 'CustomProperties.Site',
      country: 'CustomProperties.Country',
      region: 'CustomProperties.Country',
      port: 'CustomProperties.Port',
      platform: 'Vendor',
    },
  })
  expect((await fetch()).records).toMatchObject([
    { key: null, port: 830, region: 'Germany', platform: 'Juniper' },
    { port: 830, platform: 'Windows' },
    { port: 22, platform: 'Cisco' },
  ])
})

test('passes the values of its filter as parameters', async () => {
  const values = ['Cisco', `Juniper' OR 1=1 --`, 'Juniper']
  const { server, fetch } = await fetchWith({ filter: { Vendor: values, 'CustomProperties.Site': ['FRA'] } })
  expect((await fetch()).records.map(({ name }) => name)).toEqual(['node-7', 'node-12'])
  const { query, parameters } = JSON.parse(server.requests[0]?.body ?? '')
  expect(query).toContain(
    ' WHERE (n.Vendor = @p0 OR n.Vendor = @p1 OR n.Vendor = @p2) AND (n.CustomProperties.Site = @p3) ORDER BY',
  )
  expect(parameters).toEqual({ p0: values[0], p1: values[1], p2: values[2], p3: 'FRA' })
})

test('reports the message of SWIS about an unknown column', async () => {
  const { server, fetch } = await fetchWith({ fields: { site: 'CustomProperties.Sit' } })
  await expect(fetch()).rejects.toMatchObject({
    code: 'SOURCE_FAILED',
    message: `${server.url}/SolarWinds/InformationService/v3/Json/Query did not answer with the inventory (HTTP 400 Bad Request: Cannot resolve property CustomProperties.Sit); check the source's settings.`,
  })
})

test('fails if SWIS returns more rows than requested, or another order', async () => {
  const { server, fetch } = await fetchWith()
  const rows = (...numbers: number[]) => numbers.map((NodeNumber) => ({ NodeNumber }))
  let results = rows(1, 2, 3)
  server.intercept = (_, response) => {
    answerJson(response, 200, { totalRows: 3, results })
    return true
  }
  await expect(fetch()).rejects.toThrow('does not answer as SWIS does')
  results = rows(2, 1)
  await expect(fetch()).rejects.toThrow('gives its nodes twice or out of order at node 1')
  results = [{ NodeNumber: Number.NaN }]
  await expect(fetch()).rejects.toThrow('gives its nodes twice or out of order at node null')
})

test('node numbers beyond 2^53 keep their digits', async () => {
  const { server, fetch } = await fetchWith()
  const row = (number: string, index: number) =>
    `{"NodeNumber":${number},"Field0":${number},"Field1":"r${index}","Field2":"10.0.0.${index}","Field3":"S","Field4":"C"}`
  const rows = ['9007199254740992', '9007199254740993'].map((number, index) => row(number, index + 1))
  server.intercept = (_page, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(`{"totalRows":2,"results":[${rows.join()}]}`)
    return true
  }
  const { records } = await fetch()
  expect(records.map(({ key, name }) => [key, name])).toEqual([
    ['9007199254740992', 'r1'],
    ['9007199254740993', 'r2'],
  ])
})
