import fc from 'fast-check'
import type { Expression, SqlBool } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deviceMatches, matchingDevices } from '../../../src/store/query/device-filter.ts'
import type { DeviceFilter } from '../../../src/store/query/filters.ts'
import { propertyRuns } from '../../support/property-runs.ts'
import { deviceFilter, plainDevice, plainSites } from '../support/arbitraries.ts'
import { FILTER_CASES, filterPaths } from '../support/filter-cases.ts'
import { type FleetStore, fleetStore, numbered } from '../support/fleet-store.ts'
import { matchesDevice } from '../support/plain-filter.ts'
import type { PlainDevice } from '../support/plain-fleet.ts'

const SIZE = 80

const fleet = plainSites.chain((sites) =>
  fc.array(plainDevice(sites), { minLength: SIZE, maxLength: SIZE }).map(numbered),
)

const idsOf = (rows: readonly { id: number }[]) => rows.map(({ id }) => id).sort((a, b) => a - b)

/** Ids of the devices that meet the filter, by each form in which a statement may have it. */
async function foundByForms({ db }: FleetStore, filter: DeviceFilter) {
  const selected = async (condition: Expression<SqlBool>) =>
    idsOf(await db.selectFrom('devices').select('id').where(condition).execute())
  const joined = db
    .selectFrom('sites')
    .innerJoin('devices', 'devices.site_id', 'sites.id')
    .select('devices.id')
  return {
    looked: await selected(matchingDevices(filter)),
    tested: await selected(deviceMatches(filter)),
    listed: await selected(deviceMatches(filter, { site: 'LIST', indexColumn: 'devices.name' })),
    joined: idsOf(await joined.where(deviceMatches(filter, { site: 'JOINED' })).execute()),
  }
}

async function expectForms(fleet: FleetStore, filter: DeviceFilter, devices: readonly PlainDevice[]) {
  const ids = idsOf(devices.filter((device) => matchesDevice(device, filter)))
  for (const [form, found] of Object.entries(await foundByForms(fleet, filter))) {
    expect(found, `${form}: ${JSON.stringify(filter)}`).toEqual(ids)
  }
}

/** All that the store answers to the filter. */
async function expectAnswers(
  { store: { devices: store } }: FleetStore,
  filter: DeviceFilter,
  devices: readonly PlainDevice[],
) {
  const wanted = devices.filter((device) => matchesDevice(device, filter))
  const ids = idsOf(wanted)
  for (const field of ['NAME', 'COUNTRY'] as const) {
    const { items } = await store.page({
      filter,
      orderBy: { field, direction: 'ASC' },
      page: { first: SIZE },
    })
    expect(idsOf(items)).toEqual(ids)
  }
  expect(idsOf(await store.byIds(idsOf(devices), filter))).toEqual(ids)
  const sites = [...new Set(devices.map(({ site }) => site.id))]
  expect(idsOf(await store.ofSites(sites, filter))).toEqual(ids)
  expect(await store.count(filter)).toBe(ids.length)
  const active = wanted.filter(({ lifecycle }) => lifecycle === 'ACTIVE')
  const times = active.flatMap(({ probedAt }) => probedAt ?? [])
  expect(await store.summary(filter)).toMatchObject({
    devices: active.length,
    supported: active.filter(({ outcome }) => outcome === 'SUPPORTED').length,
    unprobed: active.filter(({ outcome }) => outcome === null).length,
    oldestProbeAt: times.length === 0 ? null : Math.min(...times),
  })
}

describe('device filters', () => {
  const [devices = []] = fc.sample(fleet, { numRuns: 1, seed: 7 })
  let stored: FleetStore
  beforeAll(async () => {
    stored = await fleetStore(devices)
  })
  afterAll(() => stored[Symbol.asyncDispose]())

  it('have cases for all fields and operators of the schema', () => {
    expect([...FILTER_CASES.keys()].sort()).toEqual(filterPaths().sort())
  })

  it.each([...FILTER_CASES])('%s means the same as in plain JavaScript', async (_path, filters) => {
    const beside: DeviceFilter = { name: { contains: 'r' } }
    for (const filter of filters) {
      await expectAnswers(stored, filter, devices)
      for (const shape of [
        filter,
        { not: filter },
        { or: [filter, beside] },
        { or: [filter, { platform: { eq: 'iosxe' } }], ...beside },
        {
          or: [{ not: { or: [filter, beside] } }, { or: [{ not: filter }, { lifecycle: 'DECOMMISSIONED' }] }],
        },
      ] as DeviceFilter[]) {
        await expectForms(stored, shape, devices)
      }
    }
  })

  it('mean the same as in plain JavaScript for random filters and devices', async () => {
    await fc.assert(
      fc.asyncProperty(
        fleet,
        fc.array(deviceFilter, { minLength: 30, maxLength: 30 }),
        async (some, filters) => {
          await using other = await fleetStore(some)
          for (const filter of filters) {
            await expectForms(other, filter, some)
            await expectAnswers(other, filter, some)
          }
        },
      ),
      { numRuns: propertyRuns(1) },
    )
  }, 600_000)
})
