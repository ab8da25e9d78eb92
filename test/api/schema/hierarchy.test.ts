import { describe, expect, it } from 'vitest'
import type { InventoryRecord } from '../../../src/inventory/record.ts'
import type { Store } from '../../../src/store/store.ts'
import { FIRST_TRY, idsByName, newRefresh, record, report } from '../../store/support/fixture.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { WIDE_LIMITS } from '../support/edge-data.ts'

const BARE = '{ countries { name sites { name devices { name address } } } }'

const FULL = `{
  countries {
    id name code region
    summary { devices supported unprobed byOutcome { outcome count } oldestProbeAt }
    sites {
      id name country { id name }
      summary { devices supported unprobed byOutcome { outcome count } oldestProbeAt }
      devices {
        id name address port platform lifecycle source
        site { id name country { id name } } country { id name }
        netconfSupported missingCapabilities
        capabilities { uri namespace module revision features deviations }
        lastProbe {
          id outcome phase message retryable startedAt durationMs attempt
          device { id name }
          refresh { id state progress { total done } scope { countries { id } sites { id } devices { id } sync } }
        }
        facts { osVersion readAt } hostKey { fingerprint state }
        firstSeenAt lastSeenAt lastProbedAt lastSupportedAt nextProbeAt probeHold
      }
    }
  }
}`

const CONNECTION = `{
  devices(first: 1000) {
    nodes { name site { name country { name } } country { name } lastProbe { outcome } capabilities { uri } }
    pageInfo { hasNextPage }
    totalCount
  }
}`

describe('the hierarchy', () => {
  it('is nested and sorted by name at each level', async () => {
    const { url } = await startApi([
      record('Sweden/Lund/b2'),
      record('Sweden/Lund/a1', { address: '192.0.2.1' }),
      record('Sweden/Kiruna/c3'),
      record('France/Lyon/d4', { region: 'EMEA' }),
    ])
    expect(await dataOf(url, BARE)).toEqual({
      countries: [
        {
          name: 'France',
          sites: [{ name: 'Lyon', devices: [{ name: 'd4', address: 'd4.example.net' }] }],
        },
        {
          name: 'Sweden',
          sites: [
            { name: 'Kiruna', devices: [{ name: 'c3', address: 'c3.example.net' }] },
            {
              name: 'Lund',
              devices: [
                { name: 'a1', address: '192.0.2.1' },
                { name: 'b2', address: 'b2.example.net' },
              ],
            },
          ],
        },
      ],
    })
  })

  it('filters each level separately, and aliases as well', async () => {
    const { url } = await startApi(
      [
        record('France/Lyon/d4', { region: 'EMEA' }),
        record('Japan/Osaka/j1', { region: 'APAC' }),
        record('Sweden/Kiruna/c3', { region: 'EMEA' }),
        record('Sweden/Lund/a1', { region: 'EMEA' }),
        record('Sweden/Lund/b2', { region: 'EMEA' }),
      ],
      { limits: WIDE_LIMITS },
    )
    const query = `{
      countries(filter: { region: { eq: "EMEA" } }) {
        name
        l: sites(filter: { name: { startsWith: "L" } }) {
          a: devices(filter: { name: { eq: "a1" } }) { name }
          others: devices(filter: { not: { name: { eq: "a1" } } }) { name }
        }
        k: sites(filter: { name: { startsWith: "K" } }) { name }
      }
    }`
    expect(await dataOf(url, query)).toEqual({
      countries: [
        { name: 'France', l: [{ a: [], others: [{ name: 'd4' }] }], k: [] },
        { name: 'Sweden', l: [{ a: [{ name: 'a1' }], others: [{ name: 'b2' }] }], k: [{ name: 'Kiruna' }] },
      ],
    })
  })

  it.each([
    { what: 'the hierarchy by itself', query: BARE, statements: 3 },
    { what: 'the hierarchy with all that belongs to it', query: FULL, statements: 10 },
    { what: 'a connection of devices with all that is around them', query: CONNECTION, statements: 6 },
  ])('costs $statements SQL statements for $what, however large it is', async ({ query, statements }) => {
    const narrow = await probedApi(2)
    await dataOf(narrow.url, query)
    expect(narrow.statements).toHaveLength(statements)
    const broad = await probedApi(20)
    await dataOf(broad.url, query)
    expect(broad.statements).toHaveLength(statements)
  })
})

/** So many countries, each with two sites of three devices, all of which were probed. */
async function probedApi(countries: number): Promise<RunningApi> {
  const records = Array.from({ length: countries }, (_, index) => recordsOf(index)).flat()
  const api = await startApi(records, { limits: WIDE_LIMITS })
  await probeAll(api.store)
  api.statements.length = 0
  return api
}

function recordsOf(country: number): InventoryRecord[] {
  return ['a', 'b'].flatMap((site) =>
    [1, 2, 3].map((device) => record(`Country ${country}/${site}${country}/${site}${country}-${device}`)),
  )
}

async function probeAll(store: Store): Promise<void> {
  const { id: refreshId } = await newRefresh(store)
  const deviceIds = Object.values(await idsByName(store))
  await store.probes.commitBatch(
    deviceIds.map((deviceId) => ({
      refreshId,
      deviceId,
      ...FIRST_TRY,
      report: report({ capabilities: [`urn:example:m?module=m&revision=2026-01-0${(deviceId % 9) + 1}`] }),
    })),
  )
}
