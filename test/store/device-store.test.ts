import { describe, expect, it } from 'vitest'
import type { DeviceFilter } from '../../src/store/query/filters.ts'
import type { Store } from '../../src/store/store.ts'
import {
  batches,
  FIRST_TRY,
  idsByName,
  listed,
  newRefresh,
  newStore,
  record,
  report,
  sync,
} from './support/fixture.ts'

const FACTS = { hostname: null, vendor: null, model: null, serialNumber: null, readFrom: 'ietf-system' }
const HELLO = ['urn:base:1.1', 'urn:if?module=ietf-interfaces&revision=2018-02-20']
const OLD_HELLO = ['urn:base:1.0', 'urn:if?module=ietf-interfaces&revision=2014-05-08']

/** par1 (17.09.04a) and lyo1 (an unknown version) are supported, lyo2 lacks something, tok1 timed out, tok2 was never probed, old1 is decommissioned. */
async function fleet(): Promise<{ store: Store; ids: Record<string, number>; statements: string[] }> {
  const { store, statements } = await newStore()
  const records = [
    record('France/Paris/par1', { region: 'EMEA', platform: 'iosxe', address: '192.0.2.30' }),
    record('France/Lyon/lyo1', { region: 'EMEA', platform: 'junos', address: '192.0.2.20' }),
    record('France/Lyon/lyo2', { region: 'EMEA', platform: 'IOSXE', address: '192.0.2.10' }),
    record('Japan/Tokyo/tok1', { platform: '100%_x', address: '192.0.2.50' }),
    record('Japan/Tokyo/tok2', { address: '192.0.2.40' }),
  ]
  await sync(store, [...records, record('Japan/Tokyo/old1')], { at: 1_000 })
  await sync(store, records, { at: 2_000 })
  const ids = await idsByName(store)
  const probed = (name: string, startedAt: number, fields = {}) => ({
    refreshId: null,
    deviceId: ids[name] ?? 0,
    ...FIRST_TRY,
    report: report({ startedAt, durationMs: 0, ...fields }),
  })
  await store.probes.commitBatch([
    probed('par1', 500, { capabilities: HELLO, facts: { ...FACTS, osVersion: '17.09.04a' } }),
    probed('lyo1', 400, { capabilities: OLD_HELLO, facts: { ...FACTS, osVersion: null } }),
    probed('lyo2', 300, { outcome: 'MISSING_CAPABILITIES', capabilities: ['urn:base:1.0'], missing: ['x'] }),
    probed('tok1', 200, { outcome: 'TIMEOUT', phase: 'HELLO' }),
  ])
  statements.length = 0
  return { store, ids, statements }
}

async function names(store: Store, filter: DeviceFilter): Promise<string[]> {
  const { items } = await store.devices.page({ filter, page: { first: 100 } })
  expect(await store.devices.count(filter)).toBe(items.length)
  return items.map(({ name }) => name)
}

const ACTIVE = ['lyo1', 'lyo2', 'par1', 'tok1', 'tok2']

describe('device filters', () => {
  it.each<[DeviceFilter, string[]]>([
    [{}, ACTIVE],
    [{ name: null, or: null, not: undefined, netconfSupported: null, outcome: null }, ACTIVE],
    [{ ids: [] }, []],
    [{ name: { eq: 'par1' } }, ['par1']],
    [{ name: { eq: 'PAR1' } }, []],
    [{ name: { in: ['par1', 'tok2', 'none'] } }, ['par1', 'tok2']],
    [{ name: { contains: 'o' } }, ['lyo1', 'lyo2', 'tok1', 'tok2']],
    [{ name: { contains: '' } }, ACTIVE],
    [{ name: { startsWith: 'lyo', in: ['lyo2', 'tok1'] } }, ['lyo2']],
    [{ name: { startsWith: '' } }, ACTIVE],
    [{ platform: { contains: 'iosxe' } }, ['par1']],
    [{ platform: { contains: '%' } }, ['tok1']],
    [{ platform: { startsWith: '100%_' } }, ['tok1']],
    [{ platform: { startsWith: '___' } }, []],
    [{ platform: { contains: "'" } }, []],
    [{ address: { startsWith: '192.0.2.1' } }, ['lyo2']],
    [{ osVersion: { eq: '17.09.04a' } }, ['par1']],
    [{ osVersion: { startsWith: '17.9' } }, []],
    [{ osVersion: { startsWith: '17.', contains: '04' } }, ['par1']],
    [{ osVersion: {} }, ACTIVE],
    [{ not: { osVersion: { in: ['17.09.04a'] } } }, ['lyo1', 'lyo2', 'tok1', 'tok2']],
    [{ lifecycle: 'DECOMMISSIONED' }, ['old1']],
    [{ lifecycle: 'ACTIVE' }, ACTIVE],
    [{ or: [{ lifecycle: 'DECOMMISSIONED' }, { name: { eq: 'par1' } }] }, ['old1', 'par1']],
    [{ not: { lifecycle: 'ACTIVE' } }, ['old1']],
    [{ netconfSupported: true }, ['lyo1', 'par1']],
    [{ netconfSupported: false }, ['lyo2', 'tok1']],
    [{ not: { netconfSupported: true } }, ['lyo2', 'tok1', 'tok2']],
    [{ outcome: ['TIMEOUT', 'MISSING_CAPABILITIES'] }, ['lyo2', 'tok1']],
    [{ outcome: [] }, []],
    [{ probedBefore: 400 }, ['lyo2', 'tok1', 'tok2']],
    [{ hasCapability: { module: { eq: 'ietf-interfaces' } } }, ['lyo1', 'par1']],
    [{ hasCapability: { module: { eq: 'ietf-interfaces' }, minRevision: '2018-02-20' } }, ['par1']],
    [{ hasCapability: { uri: { eq: 'urn:base:1.0' } } }, ['lyo1', 'lyo2']],
    [{ hasCapability: { uri: { eq: 'urn:base:1.0' }, module: { eq: 'ietf-interfaces' } } }, []],
    [{ hasCapability: {} }, ['lyo1', 'lyo2', 'par1']],
    [{ lacksCapability: { module: { eq: 'ietf-interfaces' } } }, ['lyo2']],
    [{ not: { hasCapability: { module: { eq: 'ietf-interfaces' } } } }, ['lyo2', 'tok1', 'tok2']],
    [{ site: { name: { eq: 'Lyon' } } }, ['lyo1', 'lyo2']],
    [{ site: { country: { region: { eq: 'EMEA' } }, not: { name: { eq: 'Lyon' } } } }, ['par1']],
    [{ site: { country: { not: { region: { eq: 'EMEA' } } } } }, ['tok1', 'tok2']],
    [{ not: { platform: { eq: 'iosxe' } } }, ['lyo1', 'lyo2', 'tok1', 'tok2']],
    [{ not: {} }, []],
    [{ not: { not: { platform: { eq: 'iosxe' } } } }, ['par1']],
    [{ or: [] }, []],
    [{ or: [{ name: { eq: 'par1' } }, { name: { eq: 'tok1' } }], site: { name: { eq: 'Tokyo' } } }, ['tok1']],
  ])('%j', async (filter, expected) => {
    const { store } = await fleet()
    expect(await names(store, filter)).toEqual(expected)
  })

  it('compiles filters with up to 200 parts, and refuses larger ones', async () => {
    const { store } = await fleet()
    const wide = (parts: number): DeviceFilter => ({
      or: Array.from({ length: parts - 1 }, () => ({ name: { eq: 'par1' }, address: { contains: '2' } })),
    })
    const deep = (parts: number): DeviceFilter => {
      const fields: DeviceFilter = {
        name: { contains: '1', startsWith: 'p' },
        site: null,
        osVersion: { contains: '17' },
        probedBefore: 9_999,
      }
      return parts === 1 ? fields : { ...fields, or: [deep(parts - 1)] }
    }
    expect(await names(store, wide(200))).toEqual(['par1'])
    expect(await names(store, deep(200))).toEqual(['par1'])
    for (const filter of [
      wide(201),
      deep(201),
      { site: { country: { not: { or: new Array(200).fill({}) } } } },
    ]) {
      await expect(store.devices.count(filter)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
    }
  })

  it('accepts an `in` list of any length', async () => {
    const { store } = await fleet()
    const list = Array.from({ length: 40_000 }, (_, index) => `par${index}`)
    expect(await names(store, { name: { in: list } })).toEqual(['par1'])
  })
})

describe('devices', () => {
  it('finds devices by name within site and country, active ones first', async () => {
    const { store, ids } = await fleet()
    const found = async (...place: [string, string?, string?]) =>
      (await store.devices.find(...place)).map(({ id }) => id)
    expect(await found('par1')).toEqual([ids.par1])
    expect(await found('old1')).toEqual([ids.old1])
    expect(await found('par1', 'Lyon')).toEqual([])
    expect(await found('par1', 'Paris', 'France')).toEqual([ids.par1])
    expect(await found('par1', undefined, 'Japan')).toEqual([])

    const elsewhere = ['old1', 'par1'].map((name) => record(`Peru/Lima/${name}`))
    await sync(store, elsewhere, { source: 'other' })
    expect(await found('old1')).toHaveLength(1)
    expect((await store.devices.find('old1'))[0]?.lifecycle).toBe('ACTIVE')
    expect(await found('par1')).toHaveLength(2)
    expect(await found('par1', undefined, 'France')).toEqual([ids.par1])
  })

  it('lists the devices of all sites in one statement, by name', async () => {
    const { store, statements } = await fleet()
    const sites = await store.inventory.sitesOfCountries(
      (await store.inventory.countries()).map(({ id }) => id),
    )
    const siteIds = sites.map(({ id }) => id)
    statements.length = 0
    const devices = await store.devices.ofSites(siteIds)
    expect(statements).toHaveLength(1)
    expect(devices.map(({ name }) => name)).toEqual(ACTIVE)
    expect(await store.devices.ofSites(siteIds, { lifecycle: 'DECOMMISSIONED' })).toMatchObject([
      { name: 'old1' },
    ])
    expect(await store.devices.ofSites(siteIds.slice(0, 1))).toHaveLength(2)
  })

  it('summarizes by site, by country and by filter, each in one statement', async () => {
    const { store, statements } = await fleet()
    const france = await store.inventory.countryByName('France')
    const [lyon] = await store.inventory.sitesByName('Lyon')
    const [tokyo] = await store.inventory.sitesByName('Tokyo')
    const inLyon = {
      devices: 2,
      supported: 1,
      unprobed: 0,
      byOutcome: [
        { outcome: 'SUPPORTED', count: 1 },
        { outcome: 'MISSING_CAPABILITIES', count: 1 },
      ],
      oldestProbeAt: 300,
    }
    const inTokyo = {
      devices: 2,
      supported: 0,
      unprobed: 1,
      byOutcome: [{ outcome: 'TIMEOUT', count: 1 }],
      oldestProbeAt: 200,
    }
    const none = { devices: 0, supported: 0, unprobed: 0, byOutcome: [], oldestProbeAt: null }
    statements.length = 0

    const bySite = await store.devices.summaries('site', [lyon?.id ?? 0, tokyo?.id ?? 0, 999])
    expect([...bySite.values()]).toEqual([inLyon, inTokyo, none])
    const byCountry = await store.devices.summaries('country', [france?.id ?? 0])
    expect([...byCountry]).toEqual([[france?.id, expect.objectContaining({ devices: 3, supported: 2 })]])
    expect(await store.devices.summary({ site: { name: { eq: 'Tokyo' } } })).toEqual(inTokyo)
    expect(await store.devices.summary()).toMatchObject({ devices: 5, supported: 2, unprobed: 1 })
    expect(statements).toHaveLength(4)
    expect(await store.devices.summary({ lifecycle: 'DECOMMISSIONED' })).toEqual(none)
  })

  it('lists the supported or all active devices by country, site and name', async () => {
    const { store } = await fleet()
    const list = await listed(store)
    expect(list.map(({ name }) => name)).toEqual(['lyo1', 'lyo2', 'par1', 'tok1', 'tok2'])
    expect(list[2]).toEqual({
      name: 'par1',
      address: '192.0.2.30',
      port: 830,
      site: 'Paris',
      country: 'France',
      region: 'EMEA',
      platform: 'iosxe',
      credential: null,
      key: null,
      lifecycle: 'ACTIVE',
      netconfSupported: true,
      lastOutcome: 'SUPPORTED',
      lastProbedAt: 500,
      phase: 'CLOSE',
      message: null,
    })
    expect(list[4]).toMatchObject({ netconfSupported: null, lastOutcome: null, lastProbedAt: null })
    const supported = await listed(store, { supportedOnly: true })
    expect(supported.map(({ name }) => name)).toEqual(['lyo1', 'par1'])
  })

  it('lists thousands of devices in batches, each device once, wherever the batches end', async () => {
    const { store, statements } = await newStore()
    // The names of sites and devices begin anew in each country and site.
    const places = ['A/x', 'A/y', 'B/x', 'B/z'].flatMap((place) =>
      Array.from({ length: place === 'A/y' ? 1_100 : 500 }, (_, index) => `${place}/d${index}`),
    )
    const records = places.map((place, index) => record(place, { address: `a${index}.example.net` }))
    await sync(store, records)
    await sync(
      store,
      records.filter(({ name }) => name !== 'd7'),
    )
    statements.length = 0
    const found = await batches(store)
    expect(found.map(({ length }) => length)).toEqual([999, 999, 598])
    expect(statements).toHaveLength(3)
    const names = found.flat().map(({ country, site, name }) => `${country}/${site}/${name}`)
    expect(names).toEqual(places.filter((place) => !place.endsWith('/d7')).sort())
  })

  it('has a new version of the list after a device was changed or probed, and not before', async () => {
    const { store } = await newStore()
    const versions = [await store.devices.listVersion()]
    await sync(store, [record('France/Lyon/r1')])
    versions.push(await store.devices.listVersion())
    await sync(store, [record('France/Lyon/r1', { region: 'EMEA' })])
    versions.push(await store.devices.listVersion())
    const { id: refreshId } = await newRefresh(store)
    const deviceId = (await idsByName(store)).r1 ?? 0
    await store.probes.commitBatch([{ refreshId, deviceId, ...FIRST_TRY, report: report() }])
    versions.push(await store.devices.listVersion())
    expect(new Set(versions).size).toBe(4)
    await sync(store, [record('France/Lyon/r1', { region: 'EMEA' })], { at: 9_000 })
    expect(await store.devices.listVersion()).toBe(versions[3])
  })
})

describe('pages of devices', () => {
  it.each([
    ['NAME', ['lyo1', 'lyo2', 'par1', 'tok1', 'tok2']],
    ['ADDRESS', ['lyo2', 'lyo1', 'par1', 'tok2', 'tok1']],
    ['SITE', ['lyo1', 'lyo2', 'par1', 'tok1', 'tok2']],
    ['COUNTRY', ['lyo1', 'lyo2', 'par1', 'tok1', 'tok2']],
    ['LAST_PROBED_AT', ['tok2', 'tok1', 'lyo2', 'lyo1', 'par1']],
    ['LAST_SEEN_AT', ['par1', 'lyo1', 'lyo2', 'tok1', 'tok2']],
  ] as const)(
    'go through %s both ways, forwards and backwards, without loss or repeat',
    async (field, expected) => {
      const { store } = await fleet()
      for (const direction of ['ASC', 'DESC'] as const) {
        const orderBy = { field, direction }
        const wanted = direction === 'ASC' ? expected : expected.toReversed()
        for (const size of [1, 2, 5]) {
          const forwards: string[] = []
          for (let after: string | undefined, more = true; more; ) {
            const page = await store.devices.page({ orderBy, page: { first: size, after } })
            expect(page.hasPreviousPage).toBe(after !== undefined)
            forwards.push(...page.items.map(({ name }) => name))
            after = page.cursors.at(-1)
            more = page.hasNextPage
          }
          expect(forwards).toEqual(wanted)

          const backwards: string[] = []
          for (let before: string | undefined, more = true; more; ) {
            const page = await store.devices.page({ orderBy, page: { last: size, before } })
            expect(page.hasNextPage).toBe(before !== undefined)
            backwards.unshift(...page.items.map(({ name }) => name))
            before = page.cursors[0]
            more = page.hasPreviousPage
          }
          expect(backwards).toEqual(wanted)
        }
      }
    },
  )

  it.each(['NAME', 'SITE'] as const)(
    'has the same values if only some columns are read, by %s',
    async (field) => {
      const { store } = await fleet()
      const orderBy = { field, direction: 'DESC' } as const
      const page = { first: 5 }
      const whole = await store.devices.page({ orderBy, page })
      const columns = ['name', 'netconfSupported', 'missingCapabilities', 'lastProbeId'] as const
      const parts = await store.devices.pageOfParts({ orderBy, page }, columns)
      expect(parts.items.length).toBeGreaterThan(2)
      expect(parts).toMatchObject({
        ...whole,
        items: whole.items.map(
          ({ id, siteId, name, netconfSupported, missingCapabilities, lastProbeId }) => ({
            id,
            siteId,
            name,
            netconfSupported,
            missingCapabilities,
            lastProbeId,
          }),
        ),
      })
      expect(parts.items[0]).not.toHaveProperty('address')
    },
  )

  it('can be bounded on both sides, and be empty', async () => {
    const { store } = await fleet()
    const { cursors } = await store.devices.page({ page: { first: 5 } })
    const between = await store.devices.page({ page: { first: 5, after: cursors[0], before: cursors[3] } })
    expect(between.items.map(({ name }) => name)).toEqual(['lyo2', 'par1'])
    const empty = await store.devices.page({ page: { first: 0 } })
    expect(empty).toEqual({
      items: [],
      cursors: [],
      startCursor: null,
      endCursor: null,
      hasNextPage: true,
      hasPreviousPage: false,
    })
  })

  it.each([
    ['both ends', { first: 1, last: 1 }],
    ['no end', {}],
    ['a negative size', { first: -1 }],
    ['a size that is no whole number', { last: 1.5 }],
    ['a cursor that is not base64', { first: 1, after: '%%%' }],
    ['a cursor that is not JSON', { first: 1, after: Buffer.from('hello').toString('base64url') }],
    ['a cursor that is no list', { first: 1, before: Buffer.from('null').toString('base64url') }],
    ['a cursor of another shape', { first: 1, after: cursorLike('devices by NAME ASC', '["a"]') }],
    ['a cursor of other values', { first: 1, after: cursorLike('devices by NAME ASC', '[{},1]') }],
    ['a cursor with broken values', { first: 1, after: cursorLike('devices by NAME ASC', '[') }],
    ['a cursor of another order', { first: 1, after: cursorLike('devices by NAME DESC', '["a",1]') }],
  ])('refuses %s', async (_name, page) => {
    const { store } = await fleet()
    await expect(store.devices.page({ page })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
  })

  it('refuses the cursor of another list', async () => {
    const { store } = await fleet()
    const { cursors } = await store.inventory.pageOfSites({ page: { first: 1 } })
    await expect(store.devices.page({ page: { first: 1, after: cursors[0] } })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('is not one of this list'),
    })
  })
})

function cursorLike(tag: string, position: string): string {
  return Buffer.from(JSON.stringify([tag, position])).toString('base64url')
}
