import { afterEach, describe, expect, test } from 'vitest'
import type { NetBoxSourceConfig } from '../../src/config/schema.ts'
import { createSource } from '../../src/sources/create-source.ts'
import {
  NETBOX_TOKEN,
  type NetBoxContent,
  type NetBoxServerOptions,
  startNetBox,
} from './support/netbox-server.ts'
import { RetryClock, TIMEOUT_MS, TOTAL_TIMEOUT_MS } from './support/retry-clock.ts'
import { answerJson, type TestServer } from './support/test-server.ts'

const never = new AbortController().signal

const servers: TestServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

const content: NetBoxContent = {
  regions: [
    { id: 1, name: 'EMEA', parent: null },
    { id: 2, name: 'Germany', parent: 1, custom_fields: { land: 'Deutschland' } },
    { id: 3, name: 'Hesse', parent: 2, custom_fields: { land: null } },
    { id: 4, name: 'Moon', parent: 5 },
    { id: 5, name: 'Sun', parent: 4 },
  ],
  sites: [
    { id: 1, name: 'Frankfurt', region: 3 },
    { id: 2, name: 'Berlin', region: 2, custom_fields: { land: ' Prussia ' } },
    { id: 3, name: 'Brussels', region: 1, custom_fields: { land: { id: 7, name: 'Belgium' } } },
    { id: 4, name: 'Nowhere', region: null },
    { id: 5, name: 'Space', region: 4 },
  ],
  devices: [
    { id: 71, name: 'fra', site: 1, primary_ip: '10.0.0.1/24', platform: 'iosxr' },
    { id: 72, name: 'ber', site: 2, primary_ip: '2001:db8::2/64' },
    { id: 73, name: 'bru', site: 3, primary_ip: '10.0.0.3' },
    { id: 74, name: 'now', site: 4, primary_ip: '10.0.0.4/32' },
    { id: 75, name: 'spa', site: 5, primary_ip: '10.0.0.5/32' },
    { id: 76, name: 'gone', site: 9, primary_ip: '10.0.0.6/32' },
    { id: 77, name: 'none', site: 1, primary_ip: null },
    { id: 78, name: null, site: 1, primary_ip: '10.0.0.8/32' },
    { id: 79, name: 'old', site: 1, primary_ip: '10.0.0.9/32', status: 'decommissioning' },
    { id: 80, name: 'sw', site: 1, primary_ip: '10.0.0.10/32', role: 'switch' },
  ],
}

async function fetchWith(
  options: Partial<NetBoxSourceConfig> = {},
  path = '',
  held = content,
  behaviour: Omit<NetBoxServerOptions, 'path'> = {},
) {
  const server = await startNetBox(held, { path, ...behaviour })
  servers.push(server)
  const config: NetBoxSourceConfig = {
    name: 'netbox',
    type: 'netbox',
    url: `${server.url}${path}`,
    ca: null,
    tlsServerName: null,
    timeoutMs: TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
    token: NETBOX_TOKEN,
    status: ['active'],
    addresses: ['primary_ip'],
    filter: {},
    countryField: null,
    countryDepth: 0,
    pageSize: 100,
    ...options,
  }
  const source = createSource(config, { defaultPort: 830, clock: new RetryClock() })
  return { server, fetch: () => source.fetch(never) }
}

async function placesWith(options: Partial<NetBoxSourceConfig>) {
  const { fetch } = await fetchWith(options)
  const { records } = await fetch()
  return records.map(({ name, country, region }) => [name, country, region])
}

test('turns devices into records, and rejects those without a name, an address or a country', async () => {
  const { fetch } = await fetchWith()
  const { records, rejected } = await fetch()
  expect(records).toMatchObject([
    { key: '71', name: 'fra', address: '10.0.0.1', site: 'Frankfurt', country: 'EMEA', platform: 'iosxr' },
    { key: '72', name: 'ber', address: '2001:db8::2', site: 'Berlin', country: 'EMEA', platform: null },
    { key: '73', name: 'bru', address: '10.0.0.3', site: 'Brussels', country: 'EMEA', port: 830 },
    { key: '80', name: 'sw' },
  ])
  expect(rejected.map(({ position, key, reason }) => [position, key, reason])).toEqual([
    [4, '74', '"country" is missing or empty.'],
    [5, '75', '"country" is missing or empty.'],
    [6, '76', '"country" is missing or empty.'],
    [7, '77', '"primary_ip" is missing or empty.'],
    [8, '78', '"name" is missing or empty.'],
  ])
})

test('names countries as the configuration does', async () => {
  const { fetch } = await fetchWith({ countryAliases: { EMEA: 'Europe' } })
  expect(new Set((await fetch()).records.map(({ country }) => country))).toEqual(new Set(['Europe']))
})

test.each<[string, Partial<NetBoxSourceConfig>, Partial<NetBoxContent>, string]>([
  [
    'that shows no regions',
    {},
    { regions: [] },
    'shows sites but no regions, which name the countries; let the token view regions (dcim.view_region), or set "countryField".',
  ],
  [
    'that shows no sites',
    {},
    { sites: [] },
    'shows devices but no sites; let the token view sites (dcim.view_site).',
  ],
  [
    'without the custom field',
    { countryField: 'country' },
    {},
    'has a value in the custom field "country" for none of its sites and their regions; correct "countryField".',
  ],
  [
    'with too few levels of regions',
    { countryDepth: 4 },
    {},
    'has no site in a region that is 4 levels below the top of the tree; correct "countryDepth".',
  ],
  [
    'with its sites in no region',
    {},
    { sites: content.sites.map((site) => ({ ...site, region: null })) },
    'has its sites in no region, which would name the country; put them into regions, or set "countryField".',
  ],
])('fails for a NetBox %s', async (_name, options, held, problem) => {
  const { fetch } = await fetchWith(options, '', { ...content, ...held })
  await expect(fetch()).rejects.toMatchObject({
    code: 'SOURCE_FAILED',
    message: expect.stringContaining(`/api/dcim/devices/ ${problem}`),
  })
})

test('uses the first of the configured addresses that a device has', async () => {
  const primary = { primary_ip: '2001:db8::1/64', primary_ip4: '10.0.0.1/24', primary_ip6: '2001:db8::1/64' }
  const devices = [
    { id: 1, name: 'both', site: 1, ...primary, oob_ip: '192.168.0.1/24' },
    { id: 2, name: 'dual', site: 1, ...primary },
    { id: 3, name: 'none', site: 1, primary_ip: '2001:db8::3/64', primary_ip6: '2001:db8::3/64' },
  ]
  const { fetch } = await fetchWith({ addresses: ['oob_ip', 'primary_ip4'] }, '', { ...content, devices })
  const { records, rejected } = await fetch()
  expect(records.map(({ name, address }) => [name, address])).toEqual([
    ['both', '192.168.0.1'],
    ['dual', '10.0.0.1'],
  ])
  expect(rejected.map(({ key, reason }) => [key, reason])).toEqual([
    ['3', '"oob_ip or primary_ip4" is missing or empty.'],
  ])
})

describe('the country', () => {
  test.each([
    ['4.7 and newer', { value: 'DE', label: 'Germany (EMEA)' }, 'DE'],
    ['2.10 to 4.6', 'DE', 'DE'],
    ['2.9 and older', { value: 3, label: 'Germany' }, 'Germany'],
  ])('may be the choice of a selection field, as NetBox %s gives it', async (_, land, country) => {
    const { fetch } = await fetchWith({ countryField: 'land' }, '', {
      ...content,
      sites: [{ id: 1, name: 'Frankfurt', region: null, custom_fields: { land } }],
    })
    expect((await fetch()).records).toMatchObject([
      { name: 'fra', country },
      { name: 'sw', country },
    ])
  })

  test('is the NetBox region at the configured depth; the one above it becomes the region', async () => {
    expect(await placesWith({ countryDepth: 1 })).toEqual([
      ['fra', 'Germany', 'EMEA'],
      ['ber', 'Germany', 'EMEA'],
      ['sw', 'Germany', 'EMEA'],
    ])
  })

  test('may be a custom field of the site, or else of the nearest region that has it', async () => {
    expect(await placesWith({ countryField: 'land' })).toEqual([
      ['fra', 'Deutschland', 'EMEA'],
      ['ber', 'Prussia', 'EMEA'],
      ['bru', 'Belgium', 'EMEA'],
      ['sw', 'Deutschland', 'EMEA'],
    ])
  })
})

test('requests the configured devices in a fixed order', async () => {
  const { server, fetch } = await fetchWith({
    status: ['active', 'decommissioning'],
    filter: { role: ['switch', 'firewall'] },
    pageSize: 7,
  })
  expect((await fetch()).records.map(({ name }) => name)).toEqual(['sw'])
  expect(server.requests.map(({ url }) => url.pathname + url.search)).toEqual([
    '/api/dcim/regions/?limit=7&ordering=id',
    '/api/dcim/sites/?limit=7&ordering=id',
    '/api/dcim/devices/?role=rollcall-asks-whether-this-filter-is-known&exclude=config_context&limit=1&ordering=id',
    '/api/dcim/devices/?role=switch&role=firewall&status=active&status=decommissioning&exclude=config_context&limit=7&ordering=id',
  ])
})

test.each([
  ['rol', 'switch'],
  ['has_primary_ipp', 'true'],
])('fails if NetBox does not know a filter: %s', async (name, value) => {
  const { server, fetch } = await fetchWith({ filter: { role: ['switch'], [name]: [value] } })
  await expect(fetch()).rejects.toThrow(
    `${server.url}/api/dcim/devices/ does not know the filter "${name}" and would give every device; correct the source's "filter".`,
  )
})

test('accepts a boolean filter for devices with an address', async () => {
  const namesWith = async (filter: NetBoxSourceConfig['filter']) => {
    const { fetch } = await fetchWith({ filter })
    return (await fetch()).rejected.map(({ identity }) => identity?.name)
  }
  expect(await namesWith({})).toContain('none')
  expect(await namesWith({ has_primary_ip: ['true'] })).not.toContain('none')
})

test('accepts a filter that refuses an impossible value, and one that cannot be checked', async () => {
  const { server, fetch } = await fetchWith({ filter: { site_id: ['1'], name__n: ['x'] } })
  server.intercept = (_, response, { url }) => {
    const isRefused = Number.isNaN(Number(url.searchParams.get('site_id')))
    if (isRefused) answerJson(response, 400, { site_id: ['Enter a number.'] })
    return isRefused
  }
  expect((await fetch()).records).toHaveLength(4)
  expect(server.pages).toBe(2)
})

test('finds a NetBox below a path', async () => {
  const { fetch } = await fetchWith({}, '/netbox')
  expect((await fetch()).records).toHaveLength(4)
})

test('sends tokens of NetBox 4.5 as bearer tokens', async () => {
  const { server, fetch } = await fetchWith({ token: 'nbt_abc.def' })
  await expect(fetch()).rejects.toThrow("refused the source's login (HTTP 403 Forbidden: Invalid token")
  expect(server.requests[0]?.headers.authorization).toBe('Bearer nbt_abc.def')
})

test.each(['regions', 'sites'] as const)('fails as a whole if the %s cannot be read', async (missing) => {
  const { server, fetch } = await fetchWith({}, '', { ...content, missing })
  await expect(fetch()).rejects.toThrow(
    `${server.url}/api/dcim/${missing}/ is not there (HTTP 404 Not Found: Not found); correct the source's "url".`,
  )
  expect(server.pages).toBe(0)
})

test.each([1, 2, 3])('fails as a whole if page %i of the devices cannot be read', async (broken) => {
  const { server, fetch } = await fetchWith({ pageSize: 4 })
  server.intercept = (page, response) => {
    if (page === broken) answerJson(response, 400, { site: ['Not a valid choice.'] })
    return page === broken
  }
  await expect(fetch()).rejects.toThrow(
    'did not answer with the inventory (HTTP 400 Bad Request: {"site":["Not a valid choice."]})',
  )
})

test.each([
  ['another scheme, host and port', 'https://netbox.internal:8443/netbox/'],
  ['another path', 'http://127.0.0.1:1/'],
])('reads the next page from the configured server, if NetBox names %s', async (_, believedBase) => {
  const { server, fetch } = await fetchWith({ pageSize: 3 }, '/netbox', content, { believedBase })
  expect((await fetch()).records.map(({ name }) => name)).toEqual(['fra', 'ber', 'bru', 'sw'])
  expect(server.pages).toBe(3)
})

test('reads every page if NetBox returns smaller pages than requested', async () => {
  const { fetch } = await fetchWith({ pageSize: 500 }, '', content, { maxPageSize: 2 })
  expect((await fetch()).records).toHaveLength(4)
})

test('fails if NetBox sends more devices than the number that it states', async () => {
  const { server, fetch } = await fetchWith()
  let pages = 0
  server.intercept = (_, response) => {
    pages += 1
    answerJson(response, 200, { count: 2, next: `${server.url}/?offset=${pages}`, results: [{ id: pages }] })
    return true
  }
  await expect(fetch()).rejects.toThrow('/api/dcim/devices/ changed while it was read; sync again.')
  expect(pages).toBe(3)
})

test('fails if NetBox names a next page that is not a URL', async () => {
  const { server, fetch } = await fetchWith()
  server.intercept = (_, response) => {
    answerJson(response, 200, { count: 2, next: 'http://', results: [{ id: 1 }] })
    return true
  }
  await expect(fetch()).rejects.toThrow(
    `${server.url}/api/dcim/devices/ names a next page that is no URL; see what is wrong with it.`,
  )
})

test('ids beyond 2^53 keep their digits', async () => {
  const { server, fetch } = await fetchWith()
  const device = (id: string, name: string, address: string) =>
    `{"id":${id},"name":"${name}","site":{"id":1},"primary_ip":{"address":"${address}"}}`
  const devices = [
    device('9007199254740992', 'a', '10.0.0.1/24'),
    device('9007199254740993', 'b', '10.0.0.2/24'),
  ]
  server.intercept = (_page, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(`{"count":2,"next":null,"results":[${devices.join()}]}`)
    return true
  }
  const { records } = await fetch()
  expect(records.map(({ key }) => key)).toEqual(['9007199254740992', '9007199254740993'])
})
