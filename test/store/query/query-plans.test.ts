import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeviceFilter } from '../../../src/store/query/filters.ts'
import { type DeviceOrder, MAX_SELECTED } from '../../../src/store/query/page-plans.ts'
import type { Store } from '../../../src/store/store.ts'
import { FILTER_CASES } from '../support/filter-cases.ts'
import { type FleetStore, fleetStore } from '../support/fleet-store.ts'
import type { PlainDevice } from '../support/plain-fleet.ts'
import { planOf } from '../support/sqlite-plan.ts'

// What SQLite reads for each statement that the store runs. No statistics are kept (see docs/decisions.md), so that the plans do
// not depend on what is in the tables; only which statements are run does, on whether few or many devices match.

const FIELDS = ['NAME', 'ADDRESS', 'SITE', 'COUNTRY', 'LAST_PROBED_AT', 'LAST_SEEN_AT'] as const
const ORDERS: DeviceOrder[] = FIELDS.map((field, index) => ({
  field,
  direction: index % 2 === 0 ? 'ASC' : 'DESC',
}))
const ANY = { name: { eq: 'r1' } } satisfies DeviceFilter
const MANY = Array.from({ length: MAX_SELECTED + 50 }, (_, index): PlainDevice => {
  const country = { id: 1 + (index % 7), name: `c${index % 7}`, region: 'EMEA' }
  const site = { id: 1 + (index % 70), name: `s${index % 70}`, country }
  return {
    id: index + 1,
    name: `r${index}`,
    address: '192.0.2.1',
    platform: null,
    vendor: null,
    model: null,
    osVersion: null,
    phase: null,
    keyChanged: null,
    credential: null,
    backOffUntil: null,
    lifecycle: 'ACTIVE',
    outcome: null,
    probedAt: null,
    seenAt: 1,
    capabilities: null,
    site,
  }
})

/** These read all devices, or as many as it takes to fill a page, since no index helps. */
function readsAll(path: string): boolean {
  // What is held depends on the configuration, which no index knows.
  if (path === 'held') return true
  return path.endsWith('.contains') && !path.startsWith('site.') && !path.includes('Capability.')
}

describe('query plans', () => {
  let fleet: FleetStore
  beforeAll(async () => {
    fleet = await fleetStore(MANY)
  })
  afterAll(async () => {
    await fleet[Symbol.asyncDispose]()
  })
  const planned = new Map<string, string[]>()

  /** The lines that tell of a scan of one of the large tables, in all that the store runs for this. */
  async function scans(run: (store: Store) => Promise<unknown>): Promise<string[]> {
    fleet.statements.length = 0
    await run(fleet.store)
    expect(fleet.statements).not.toEqual([])
    const lines: string[] = []
    for (const sql of [...fleet.statements]) {
      const plan = planned.get(sql) ?? (await planOf(fleet.db, sql))
      planned.set(sql, plan)
      lines.push(...plan)
    }
    return lines.filter((line) =>
      /^SCAN (devices|probes|device_facts|host_keys|changes|refresh_targets)\b/.test(line),
    )
  }

  const BOTH_ENDS = (cursor: string | undefined) => [{ first: 2 }, { last: 2, before: cursor }]
  const ALL_WAYS = (cursor: string | undefined) => [
    ...BOTH_ENDS(cursor),
    { last: 2 },
    { first: 2, after: cursor },
  ]
  const cursors = new Map<string, string | undefined>()

  async function pages(
    store: Store,
    { filter = {}, orderBy, ways }: { filter?: DeviceFilter; orderBy: DeviceOrder; ways: typeof ALL_WAYS },
  ): Promise<void> {
    const key = `${orderBy.field} ${orderBy.direction}`
    if (!cursors.has(key)) {
      cursors.set(key, (await store.devices.page({ orderBy, page: { first: 3 } })).cursors[1])
    }
    for (const page of ways(cursors.get(key))) await store.devices.page({ filter, orderBy, page })
  }

  describe.each([...FILTER_CASES])('for %s', (path, [filter = {}]) => {
    const shapes: DeviceFilter[] = [
      filter,
      { ...filter, or: [ANY, { address: { eq: '192.0.2.1' } }] },
      { or: [filter, ANY] },
      {
        or: [
          { or: [ANY, filter], platform: { eq: 'iosxe' } },
          { ...filter, not: ANY },
        ],
      },
    ]

    it.skipIf(readsAll(path))('look devices up for pages, counts and summaries', async () => {
      for (const shape of shapes) {
        for (const orderBy of shape === filter ? ORDERS : ORDERS.slice(2, 4)) {
          const ways = BOTH_ENDS
          expect(await scans((store) => pages(store, { filter: shape, orderBy, ways }))).toEqual([])
        }
        expect(await scans((store) => store.devices.count(shape))).toEqual([])
        expect(await scans((store) => store.devices.summary(shape))).toEqual([])
      }
    })

    it('scan the index of the order if many devices match', async () => {
      // What every device meets: finding that out is the one scan, of no more than a few thousand.
      const many: DeviceFilter = { or: [filter, {}] }
      for (const orderBy of ORDERS.slice(2, 5)) {
        await fleet.store.devices.page({ filter: many, orderBy, page: { first: 2 } })
        const plan = await planOf(fleet.db, fleet.statements.at(-1) ?? '')
        expect(plan.filter((line) => /^SCAN devices|TEMP B-TREE/.test(line))).toEqual([])
      }
    })
  })

  it('read one index of all devices for the summary of all, and none for their count', async () => {
    expect(await scans((store) => store.devices.summary())).toEqual([
      'SCAN devices USING COVERING INDEX devices_outcome',
    ])
    expect(await scans((store) => store.devices.count())).toEqual([])
    expect(await scans((store) => store.devices.count({ site: { name: { contains: 's' } } }))).toEqual([])
  })

  it.each(FIELDS)('scan the index of the order %s from the cursor, without sorting', async (field) => {
    for (const direction of ['ASC', 'DESC'] as const) {
      const orderBy = { field, direction }
      expect(await scans((store) => pages(store, { orderBy, ways: ALL_WAYS }))).toEqual([])
      const bounded = await Promise.all(fleet.statements.map((sql) => planOf(fleet.db, sql)))
      expect(bounded.flat().filter((line) => line.includes('TEMP B-TREE'))).toEqual([])
      // By as many columns as it takes to pass over the devices that are alike in the first.
      const bound = /^SEARCH devices .*(\(\w+,id_key\)[<>]|site_id=\? AND name[<>])/
      expect(bounded.filter((plan) => plan.some((line) => bound.test(line)))).toHaveLength(2)
    }
  })
})
