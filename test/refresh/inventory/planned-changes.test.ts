import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { PlannedChange, SyncPlanRow } from '../../../src/store/inventory/sync-plan-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { records } from '../../inventory/support/arbitraries.ts'
import { idsByName } from '../../store/support/fixture.ts'
import { propertyRuns } from '../../support/property-runs.ts'
import { many, newFile, newSyncing, raw } from '../support/syncing.ts'

async function changesOf(store: Store, plan: SyncPlanRow | undefined): Promise<PlannedChange[]> {
  const setId = plan?.changeSetId ?? 0
  return (await store.syncPlans.pagesOfChanges([setId], { page: { first: 1_000 } })).get(setId)?.items ?? []
}

/** `CREATED r1`, with an asterisk if the device is not known. */
async function told(store: Store, plan: SyncPlanRow | undefined): Promise<string[]> {
  return (await changesOf(store, plan)).map(
    ({ action, name, deviceId }) => `${action} ${name}${deviceId === null ? '*' : ''}`,
  )
}

/** Thirty devices, then one of them with another port, and a new one at the address of one that is gone. */
async function newWaiting() {
  const file = await newFile()
  const syncing = await newSyncing([file.source])
  await file.write(many('r', 30))
  await syncing.sync()
  await file.write([raw('r1', { port: 22 }), raw('a', { address: 'r2.example.net' }), raw('b')])
  return { ...file, ...syncing }
}

const GONE = Array.from({ length: 29 }, (_, index) => `DECOMMISSIONED r${index + 2}`).sort()

it('a plan that is applied lists each change of the change log, with the device', async () => {
  const { source, write } = await newFile()
  const { store, sync } = await newSyncing([source])
  await write([raw('r2'), raw('r1', { key: 1 }), raw('r3', { site: 'Lyon' })])
  const [first] = await sync()
  const { r1, r2, r3 } = await idsByName(store)
  expect(await changesOf(store, first)).toEqual([
    { action: 'CREATED', deviceId: r1, name: 'r1', site: 'Paris', country: 'France', fields: [] },
    { action: 'CREATED', deviceId: r2, name: 'r2', site: 'Paris', country: 'France', fields: [] },
    { action: 'CREATED', deviceId: r3, name: 'r3', site: 'Lyon', country: 'France', fields: [] },
  ])
  await write([
    raw('r0', { key: 1, site: 'Lyon', address: 'r1.example.net' }),
    raw('r2'),
    raw('r1', { address: 'new.example.net' }),
  ])
  const [second] = await sync()
  expect(await changesOf(store, second)).toEqual([
    {
      action: 'UPDATED',
      deviceId: r1,
      name: 'r0',
      site: 'Lyon',
      country: 'France',
      fields: [
        { field: 'name', before: 'r1', after: 'r0' },
        { field: 'site', before: 'Paris', after: 'Lyon' },
      ],
    },
    expect.objectContaining({ action: 'CREATED', name: 'r1', deviceId: expect.any(Number) }),
    { action: 'DECOMMISSIONED', deviceId: r3, name: 'r3', site: 'Lyon', country: 'France', fields: [] },
  ])
  await write([raw('r2'), raw('r3', { site: 'Lyon', port: 22 })])
  const [third] = await sync()
  expect((await changesOf(store, third)).find(({ action }) => action === 'RESTORED')).toMatchObject({
    deviceId: r3,
    fields: [
      { field: 'lifecycle', before: 'DECOMMISSIONED', after: 'ACTIVE' },
      { field: 'port', before: '830', after: '22' },
    ],
  })
  expect(await changesOf(store, (await sync())[0])).toEqual([])
})

it('any applied plan lists as many changes of each kind as the change log has of its sync', async () => {
  const inventories = { global: { records: [{}], rejected: [] } as never }
  const source = { name: 'global', fetch: async () => inventories.global }
  const { store, service, signal } = await newSyncing([source])
  let applied = 0
  await fc.assert(
    fc.asyncProperty(
      records.filter(({ length }) => length > 0),
      async (next) => {
        Object.assign(inventories, { global: { records: next, rejected: [] } })
        const before = await store.changes.count()
        const [plan] = await service.sync({ dryRun: false, requestedBy: null }, signal)
        if (plan?.state !== 'APPLIED') return
        const logged = (await store.changes.count()) - before
        const { items } = await store.changes.page({ page: { first: Math.min(logged, 1_000) } })
        const planned = await changesOf(store, plan)
        const pairs = (list: readonly { action: string; deviceId: number | null }[]) =>
          list.map(({ action, deviceId }) => `${action} ${deviceId}`).sort()
        expect(pairs(planned)).toEqual(pairs(items))
        applied += logged
      },
    ),
    { numRuns: propertyRuns(30) },
  )
  expect(applied).toBeGreaterThan(0)
})

it('a plan that awaits approval lists what was applied and what waits, and all of it once it is approved', async () => {
  const { store, sync, service, signal } = await newWaiting()
  const [waiting] = await sync()
  // The new device at the address of a leaving one waits as well.
  expect(await told(store, waiting)).toEqual(['CREATED a*', 'CREATED b', ...GONE, 'UPDATED r1'].sort(byName))
  const approved = await service.approve(waiting?.id ?? 0, 'alice', signal)
  expect(await told(store, approved)).toEqual(['CREATED a', 'CREATED b', ...GONE, 'UPDATED r1'].sort(byName))
})

it('a rejected plan keeps its list', async () => {
  const { store, sync, service } = await newWaiting()
  const [waiting] = await sync()
  const before = await told(store, waiting)
  expect(before).toHaveLength(32)
  expect(await told(store, await service.reject(waiting?.id ?? 0, 'alice'))).toEqual(before)
})

it('a dry run lists the changes that it would make, and creates no device', async () => {
  const { store, service, signal } = await newWaiting()
  const [plan] = await service.sync({ dryRun: true, requestedBy: null }, signal)
  expect(await told(store, plan)).toEqual(['CREATED a*', 'CREATED b*', ...GONE, 'UPDATED r1'].sort(byName))
})

it('plans with equal lists share one, and an applied plan shares none', async () => {
  const { store, sync, service, signal } = await newWaiting()
  await sync()
  const [second] = await sync()
  const [third] = await sync()
  expect(third?.changeSetId).toBe(second?.changeSetId)
  expect(third?.id).not.toBe(second?.id)
  const approved = await service.approve(third?.id ?? 0, 'alice', signal)
  expect(approved.changeSetId).not.toBe(second?.changeSetId)
  const [expired] = await store.syncPlans.byIds([second?.id ?? 0])
  expect(await told(store, expired)).toEqual(['CREATED a*', ...GONE].sort(byName))
})

/** In the order of the names, then of the actions. */
function byName(one: string, other: string): number {
  const key = (text: string) => text.replace('*', '').split(' ').reverse().join(' ')
  return key(one) < key(other) ? -1 : 1
}
