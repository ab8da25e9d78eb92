import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import type { DeviceFilter } from '../../../src/store/query/filters.ts'
import type { PageRequest } from '../../../src/store/query/page.ts'
import type { DeviceOrder } from '../../../src/store/query/page-plans.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { boundStatements, type PlanStep, stepsOf } from '../support/postgres-plan.ts'
import { newDatabase } from '../support/test-database.ts'

// How PostgreSQL runs what the store asks for, with enough devices that reading all of them would not be the fastest way.

const DEVICES = 40_000

/** As many devices as that, of which one in a hundred did not answer, in all places and of all kinds. */
const ROWS = `
  insert into countries (id, name, region)
    select n, 'Country ' || lpad(n::text, 2, '0'), (array['EMEA', 'APAC', 'AMER'])[1 + n % 3]
    from generate_series(1, 60) as n;
  insert into sites (id, country_id, name)
    select n, 1 + n % 60, 'SITE-' || lpad(n::text, 4, '0') from generate_series(1, 1200) as n;
  insert into capability_sets (id, hash, uris) select n, n::text, '[]' from generate_series(1, 40) as n;
  insert into capability_set_members (set_id, uri, namespace, module)
    select n, 'urn:module-' || n, 'urn:module-' || n, 'module-' || n from generate_series(1, 40) as n;
  insert into devices (id, site_id, name, address, port, platform, lifecycle, source, first_seen_at, last_seen_at,
      last_outcome, last_phase, last_probed_at, netconf_supported, capability_set_id)
    select n, 1 + n * 7 % 1200, 'router-' || lpad((n * 17 % ${DEVICES})::text, 5, '0'),
      '10.1.' || n / 250 || '.' || n % 250, 830, (array['iosxe', 'iosxr', 'junos'])[1 + n % 3],
      case when n % 500 = 1 then 'DECOMMISSIONED' else 'ACTIVE' end, 'global', 1, n * 31 % ${DEVICES},
      case when n % 100 = 0 then 'TIMEOUT' else 'SUPPORTED' end,
      case when n % 100 = 0 then 'HELLO' else 'CLOSE' end, n * 37 % ${DEVICES}, 1, 1 + n % 40
    from generate_series(1, ${DEVICES}) as n;
  insert into device_facts (device_id, vendor, model, os_version, read_from)
    select n, 'Vendor ' || n % 40, 'Model ' || n % 200, n % 50 || '.1', 'ietf-system'
    from generate_series(1, ${DEVICES}) as n;
  insert into host_keys (device_id, algorithm, fingerprint, first_seen_at, offered_fingerprint)
    select n, 'ssh-ed25519', 'SHA256:' || n, 1, case when n % 1000 = 0 then 'SHA256:other' end
    from generate_series(1, ${DEVICES}) as n;
  insert into refreshes (id, state, trigger, scope, sync, force, created_at)
    select n, 'COMPLETED', 'CLI', '{}', 0, 0, 1 from generate_series(1, 3) as n;
  insert into refresh_targets (refresh_id, device_id, position) select 3, n, n from generate_series(1, ${DEVICES}) as n;
  insert into probes (id, device_id, refresh_id, seq, outcome, phase, started_at, duration_ms, attempt, missing_capabilities)
    select n, 1 + n % ${DEVICES}, 1 + n / ${DEVICES}, 1 + n % ${DEVICES}, 'SUPPORTED', 'CLOSE', n, 1, 1, '[]'
    from generate_series(0, 2 * ${DEVICES} - 1) as n;
`

describe('the plans of PostgreSQL', { timeout: 120_000 }, () => {
  let store: Store
  let client: pg.Client
  const stack = new AsyncDisposableStack()
  beforeAll(async () => {
    const { database, remove } = await newDatabase()
    stack.defer(remove)
    client = new pg.Client({ connectionString: database })
    // The database is emptied while it is open.
    client.on('error', () => undefined)
    await client.connect()
    stack.defer(() => client.end())
    await client.query(ROWS)
    await client.query('vacuum (analyze)')
    await client.query("set jit = off; set work_mem = '32MB'")
    store = await openStore({ database, log: silentLogger })
    stack.defer(() => store.close())
  })
  afterAll(() => stack.disposeAsync())

  /** The steps of all statements that `run` has the store run. */
  async function steps(run: (store: Store) => Promise<unknown>) {
    const statements = await boundStatements(() => run(store))
    expect(statements).not.toEqual([])
    const found: PlanStep[] = []
    for (const each of statements) found.push(...(await stepsOf(client, each)))
    return found
  }

  /** The large tables that are read from their beginning. */
  async function scanned(run: (store: Store) => Promise<unknown>): Promise<string[]> {
    const scans = (await steps(run)).filter((step) => step['Node Type'].endsWith('Seq Scan'))
    const large = new Set(['devices', 'device_facts', 'host_keys', 'probes'])
    return scans.map((step) => step['Relation Name'] ?? '').filter((table) => large.has(table))
  }

  it.each(['NAME', 'ADDRESS', 'SITE', 'COUNTRY', 'LAST_PROBED_AT', 'LAST_SEEN_AT'] as const)(
    'read a page by %s from an index, in both directions and from a cursor',
    async (field) => {
      for (const direction of ['ASC', 'DESC'] as const) {
        const orderBy: DeviceOrder = { field, direction }
        const { cursors } = await store.devices.page({ orderBy, page: { first: 200 } })
        const pages: PageRequest[] = [{ first: 20 }, { first: 20, after: cursors[150] }, { last: 20 }]
        for (const page of pages) {
          const found = await steps((one) => one.devices.page({ orderBy, page }))
          // Devices of one site are sorted by name, and no more than those.
          expect(found.filter((step) => /^(Seq Scan|Sort|Hash)/.test(step['Node Type']))).toEqual([])
        }
      }
    },
  )

  it.each<[string, DeviceFilter]>([
    ['a name', { name: { eq: 'router-00017' } }],
    ['the beginning of a name', { name: { startsWith: 'router-0001' } }],
    ['a part of a name', { name: { contains: '-0001' } }],
    ['an address', { address: { eq: '10.1.7.7' } }],
    ['a part of an address', { address: { contains: '10.1.77.' } }],
    ['a site', { site: { name: { eq: 'SITE-0007' } } }],
    ['a country', { site: { country: { name: { eq: 'Country 07' } } } }],
    ['an outcome', { outcome: ['TIMEOUT'] }],
    ['a phase', { phase: ['HELLO'] }],
    ['a changed host key', { hostKeyChanged: true }],
    ['a time', { probedBefore: 100 }],
    ['a model', { model: { eq: 'Model 7' } }],
    ['a country and an outcome', { outcome: ['TIMEOUT'], site: { country: { region: { eq: 'EMEA' } } } }],
    ['one of two', { or: [{ name: { eq: 'router-00017' } }, { outcome: ['TIMEOUT'] }] }],
  ])('look up the devices with %s for pages, counts and summaries', async (_name, filter) => {
    for (const field of ['NAME', 'LAST_PROBED_AT'] as const) {
      const orderBy: DeviceOrder = { field, direction: 'DESC' }
      expect(await scanned((one) => one.devices.page({ filter, orderBy, page: { first: 20 } }))).toEqual([])
    }
    expect(await scanned((one) => one.devices.count(filter))).toEqual([])
    expect(await scanned((one) => one.devices.summary(filter))).toEqual([])
  })

  it('look up the devices that are decommissioned', async () => {
    const filter: DeviceFilter = { lifecycle: 'DECOMMISSIONED' }
    expect(await scanned((one) => one.devices.page({ filter, page: { first: 20 } }))).toEqual([])
    expect(await scanned((one) => one.devices.count(filter))).toEqual([])
  })

  it.each<[string, DeviceFilter]>([
    ['a capability', { hasCapability: { module: { eq: 'module-7' } } }],
    ['a platform', { platform: { eq: 'junos' } }],
  ])('summarize the devices with %s from an index alone', async (_name, filter) => {
    const found = await steps((one) => one.devices.summary(filter))
    expect(found.filter((step) => step['Relation Name'] === 'devices')).toEqual([
      expect.objectContaining({ 'Node Type': 'Index Only Scan' }),
    ])
  })

  it('sort the few devices that match, and do not search for them in the order of the page', async () => {
    // The planner takes each set to have as many devices, and the last one has none.
    await client.query("insert into capability_sets (id, hash, uris) values (41, '41', '[]')")
    await client.query(
      `insert into capability_set_members (set_id, uri, namespace, module) values (41, 'urn:m', 'urn:m', 'none')`,
    )
    const filter: DeviceFilter = { hasCapability: { module: { eq: 'none' } } }
    const found = await steps((one) => one.devices.page({ filter, page: { first: 20 } }))
    expect(found.map((step) => step['Index Name'])).not.toContain('devices_name')
    expect(found.map((step) => step['Node Type'])).toContain('Sort')
    expect(
      found.filter((step) => step['Node Type'] === 'Seq Scan' && step['Relation Name'] === 'devices'),
    ).toEqual([])
  })

  it.each<[string, DeviceFilter, { index: string; condition: string }]>([
    [
      'a region',
      { site: { country: { region: { eq: 'EMEA' } } } },
      { index: 'devices_site_name', condition: `region = 'EMEA'` },
    ],
    [
      'a part of the name, elsewhere',
      { name: { contains: '1' }, not: { site: { country: { region: { eq: 'EMEA' } } } } },
      { index: 'devices_name', condition: `devices.name like '%1%' and region <> 'EMEA'` },
    ],
  ])(
    'find pages of the many devices with %s in an index alone',
    async (_name, filter, { index, condition }) => {
      const orderBy: DeviceOrder = { field: 'NAME', direction: 'ASC' }
      const { rows } = await client.query<{ name: string }>(
        `select devices.name from devices join sites on sites.id = site_id join countries on countries.id = country_id
       where lifecycle = 'ACTIVE' and ${condition} order by devices.name`,
      )
      const names = rows.map(({ name }) => name)
      const first = await store.devices.page({ filter, orderBy, page: { first: 200 } })
      const pages: [PageRequest, string[]][] = [
        [{ first: 20 }, names.slice(0, 20)],
        [{ first: 20, after: first.cursors[150] }, names.slice(151, 171)],
        [{ last: 20, before: first.cursors[150] }, names.slice(130, 150)],
        [{ last: 20 }, names.slice(-20)],
      ]
      for (const [page, expected] of pages) {
        const { items } = await store.devices.page({ filter, orderBy, page })
        expect(items.map(({ name }) => name)).toEqual(expected)
        const found = await steps((one) => one.devices.page({ filter, orderBy, page }))
        expect(found).toContainEqual(
          expect.objectContaining({ 'Node Type': 'Index Only Scan', 'Index Name': index }),
        )
      }
    },
  )

  it('count the devices with one of two properties in an index each, and none twice', async () => {
    const filter: DeviceFilter = { or: [{ name: { startsWith: 'router-0001' } }, { outcome: ['TIMEOUT'] }] }
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::int as count from devices
       where lifecycle = 'ACTIVE' and (name like 'router-0001%' or last_outcome = 'TIMEOUT')`,
    )
    expect(await store.devices.count(filter)).toBe(rows[0]?.count)
    expect((await store.devices.summary(filter)).devices).toBe(rows[0]?.count)
    const found = await steps((one) => one.devices.count(filter))
    expect(found.map((step) => step['Index Name'])).toEqual(
      expect.arrayContaining(['devices_outcome', 'devices_name']),
    )
    expect(found.filter((step) => step['Node Type'] === 'BitmapOr')).toEqual([])
  })

  it('read the sites once for a condition on them that is negated', async () => {
    const filter: DeviceFilter = { not: { site: { country: { region: { eq: 'EMEA' } } } } }
    const found = await steps((one) => one.devices.count(filter))
    expect(found.find((step) => step['Relation Name'] === 'devices')?.Filter).toContain('hashed SubPlan')
  })

  it('plan a filter of many parts, each with conditions on other tables', async () => {
    const deep = (parts: number): DeviceFilter => ({
      vendor: { eq: 'Vendor 7' },
      site: { country: { region: { eq: 'EMEA' } } },
      ...(parts > 1 && { or: [deep(parts - 1)] }),
    })
    expect(await store.devices.count(deep(60))).toBe(await store.devices.count(deep(1)))
  })

  it('continue an export at the last device', async () => {
    const found = await steps(async (one) => {
      const list = one.devices.list({ supportedOnly: false })
      await list.next()
      await list.next()
      await list.return(undefined)
    })
    expect(found.filter((step) => /^(Seq Scan|Sort|Hash)/.test(step['Node Type']))).toEqual([])
  })

  it('look up the devices of each batch of targets', async () => {
    const found = await steps((one) => one.refreshes.pendingTargets(3))
    const devices = found.filter((step) => step['Relation Name'] === 'devices')
    expect(devices.length).toBeGreaterThan(DEVICES / 1_000 - 1)
    expect(devices.filter((step) => !step['Index Cond']?.includes('(id = '))).toEqual([])
  })

  it.each<[string, (store: Store) => Promise<unknown>]>([
    ['one device by name', (one) => one.devices.find('router-00017', 'SITE-0007')],
    ['given devices that match', (one) => one.devices.byIds([1, 2], { site: { name: { eq: 'SITE-0007' } } })],
    ['devices of sites', (one) => one.devices.ofSites([1, 2])],
    ['summaries of sites', (one) => one.devices.summaries('site', [1, 2])],
    ['facts', (one) => one.facts.ofDevices([1])],
    ['host keys', (one) => one.hostKeys.ofDevices([1])],
    ['probes by id', (one) => one.probes.byIds([1])],
    ['results after a cursor', (one) => one.probes.ofRefreshAfter(1, 7, 10)],
    ['counts of probes of devices', (one) => one.probes.countsOfDevices([1, 2])],
    ['probes of devices', (one) => one.probes.pagesOfDevices([1, 2], { first: 10 })],
    ['probes of refreshes', (one) => one.probes.pagesOfRefreshes([1, 2], { page: { first: 10 } })],
    [
      'probes of refreshes by outcome',
      (one) => one.probes.pagesOfRefreshes([1, 2], { outcomes: ['TIMEOUT'], page: { first: 10 } }),
    ],
    ['probes after one', (one) => one.probes.after(79_000, 10)],
  ])('find %s through an index', async (_name, run) => {
    expect(await scanned(run)).toEqual([])
  })
})
