import { expect, it } from 'vitest'
import type { DeviceFilter } from '../../../src/store/query/filters.ts'
import type { RefreshScope } from '../../../src/store/refresh-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { EVERYTHING, FIRST_TRY, newRefresh, report } from '../support/fixture.ts'
import { fleetStore } from '../support/fleet-store.ts'
import type { PlainDevice } from '../support/plain-fleet.ts'
import { planOf } from '../support/sqlite-plan.ts'

// Beside pages of devices: whatever grows with the number of devices or probes is looked up. Plans do not depend on what is in
// the tables, so that one device is enough.

/** The end of a refresh counts all devices. */
const COUNTS = 'group by "devices"."last_outcome"'

const DEVICE: PlainDevice = {
  id: 1,
  name: 'r1',
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
  site: { id: 1, name: 'Paris', country: { id: 1, name: 'France', region: 'EMEA' } },
}
const FILTER: DeviceFilter = {
  platform: { eq: 'iosxe' },
  osVersion: { startsWith: '17' },
  site: { country: { region: { eq: 'EMEA' } } },
}

async function targets(store: Store, scope: Partial<RefreshScope>): Promise<void> {
  const { id } = await newRefresh(store)
  await store.refreshes.addTargets(id, { scope: { ...EVERYTHING, ...scope }, probedBefore: null })
  await store.refreshes.pendingTargets(id)
}

const PAGES = [{ first: 1 }, { last: 1 }]

it.each<[string, (store: Store) => Promise<unknown>]>([
  ['one device by name', (store) => store.devices.find('r1', 'Paris', 'France')],
  ['given devices that match', (store) => store.devices.byIds([1], FILTER)],
  ['devices of sites that match', (store) => store.devices.ofSites([1], FILTER)],
  ['summaries of sites', (store) => store.devices.summaries('site', [1])],
  ['summaries of countries', (store) => store.devices.summaries('country', [1])],
  ['facts', (store) => store.facts.ofDevices([1])],
  ['host keys', (store) => store.hostKeys.ofDevices([1])],
  ['probes by id', (store) => store.probes.byIds([1])],
  ['results after a cursor', (store) => store.probes.ofRefreshAfter(1, 0, 10)],
  ['results after a cursor that match', (store) => store.probes.ofRefreshAfter(1, 0, 10, FILTER)],
  ['counts of probes of devices', (store) => store.probes.countsOfDevices([1])],
  ['counts of probes of refreshes', (store) => store.probes.countsOfRefreshes([1], ['TIMEOUT'])],
  ['counts of changes of devices', (store) => store.changes.countsOfDevices([1])],
  ['the number of changes of a device', (store) => store.changes.count({ deviceId: 1 })],
  ['counts of changes of sync plans', (store) => store.syncPlans.countsOfChanges([1], 'CREATED')],
  ['the last refreshes', (store) => store.refreshes.lastCompleted()],
  ['targets of devices', (store) => targets(store, { deviceIds: [1] })],
  ['targets of sites and countries', (store) => targets(store, { siteIds: [1], countryIds: [1] })],
  ...PAGES.flatMap((page): [string, (store: Store) => Promise<unknown>][] => [
    [`probes of devices, ${JSON.stringify(page)}`, (store) => store.probes.pagesOfDevices([1], page)],
    [`probes of refreshes, ${JSON.stringify(page)}`, (store) => store.probes.pagesOfRefreshes([1], { page })],
    [
      `probes of refreshes by outcome, ${JSON.stringify(page)}`,
      (store) => store.probes.pagesOfRefreshes([1], { outcomes: ['TIMEOUT', 'SUPPORTED'], page }),
    ],
    [`changes of a device, ${JSON.stringify(page)}`, (store) => store.changes.page({ deviceId: 1, page })],
    [`changes of devices, ${JSON.stringify(page)}`, (store) => store.changes.pagesOfDevices([1], page)],
    [
      `refreshes by state, ${JSON.stringify(page)}`,
      (store) => store.refreshes.page({ states: ['FAILED'], page }),
    ],
    [
      `sync plans by state, ${JSON.stringify(page)}`,
      (store) => store.syncPlans.page({ states: ['FAILED'], page }),
    ],
    [
      `changes of sync plans, ${JSON.stringify(page)}`,
      (store) => store.syncPlans.pagesOfChanges([1], { page }),
    ],
  ]),
  [
    'a batch of results',
    (store) => store.probes.commitBatch([{ refreshId: null, deviceId: 1, ...FIRST_TRY, report: report() }]),
  ],
  [
    'retention',
    async (store) => {
      const { id: refreshId } = await newRefresh(store)
      const result = { refreshId, deviceId: 1, ...FIRST_TRY, report: report() }
      for (let count = 0; count < 3; count += 1)
        await store.probes.commitBatch([{ ...result, refreshId: count === 0 ? refreshId : null }])
      await store.refreshes.update(refreshId, { state: 'COMPLETED', finishedAt: 1 })
      const limits = { probesBefore: 1e15, changesBefore: 1e15, limit: 10 }
      for await (const _ of store.retention.prune(limits));
    },
  ],
])('%s are found through an index', async (_name, run) => {
  await using fleet = await fleetStore([DEVICE])
  await run(fleet.store)
  const statements = fleet.statements.filter(
    (sql) => /^\s*(select|insert|update|delete|with)/i.test(sql) && !sql.includes(COUNTS),
  )
  for (const sql of statements) {
    const plan = await planOf(fleet.db, sql)
    const scans = plan.filter((line) =>
      /^SCAN (devices|probes|device_facts|host_keys|changes|planned_changes|refresh_targets|sites)\b/.test(
        line,
      ),
    )
    expect({ sql, scans }).toEqual({ sql, scans: [] })
  }
})

it('the probes of a refresh with one outcome are read without those of other outcomes', async () => {
  await using fleet = await fleetStore([DEVICE])
  for (const page of PAGES) await fleet.store.probes.pagesOfRefreshes([1], { outcomes: ['TIMEOUT'], page })
  await fleet.store.probes.countsOfRefreshes([1], ['TIMEOUT'])
  for (const sql of fleet.statements) {
    const used = (await planOf(fleet.db, sql)).filter((line) => line.includes('probes_refresh_outcome'))
    expect(used).toEqual([expect.stringMatching(/\(refresh_id=\? AND outcome=\?/)])
  }
})
