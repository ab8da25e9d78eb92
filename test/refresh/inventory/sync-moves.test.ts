import { expect, it } from 'vitest'
import { createSource } from '../../../src/sources/create-source.ts'
import { AT, type FileOfRecords, newFile, newSyncing, raw, type Syncing } from '../support/syncing.ts'

const keyed = (count: number, fields: object = {}) =>
  Array.from({ length: count }, (_, index) => raw(`r${index + 1}`, { key: index + 1, ...fields }))

/** Thirty devices, of which the source has all at another site now, one at another port, and one more. */
async function newMoved(): Promise<Syncing & FileOfRecords & { planId: number }> {
  const file = await newFile()
  const syncing = await newSyncing([file.source])
  await file.write(keyed(31))
  await syncing.sync()
  await file.write([
    ...keyed(30, { site: 'Lyon' }),
    raw('r31', { key: 31, port: 22 }),
    raw('new', { key: 99 }),
  ])
  const [plan] = await syncing.sync()
  return { ...file, ...syncing, planId: plan?.id ?? 0 }
}

const sitesOf = async ({ store }: Syncing) =>
  (await store.inventory.known()).filter(({ lifecycle }) => lifecycle === 'ACTIVE').map(({ site }) => site)

it('moves beyond both ceilings await approval, while the rest is applied', async () => {
  const syncing = await newMoved()
  const { store, planId, sync, service, signal } = syncing
  expect(await store.syncPlans.byIds([planId])).toMatchObject([
    {
      state: 'AWAITING_APPROVAL',
      reason:
        'It would move 30 of 31 active devices to another site (96.8%), which is more than 20 and more than 10%.',
      created: 1,
      updated: 1,
      moved: 30,
      decommissioned: 0,
      unchanged: 0,
    },
  ])
  expect(new Set(await sitesOf(syncing))).toEqual(new Set(['Paris']))
  expect(await store.devices.find('r31')).toMatchObject([{ port: 22 }])
  const [next] = await sync()
  expect(next).toMatchObject({ state: 'AWAITING_APPROVAL', created: 0, updated: 0, moved: 30, unchanged: 2 })
  expect(await store.syncPlans.byIds([planId])).toMatchObject([{ state: 'EXPIRED', decidedAt: AT }])
  const { failures } = await service.syncAll(signal)
  expect(failures).toEqual([
    expect.stringMatching(/^A part of the changes of source "global" awaits approval: It would move 30 /),
  ])
})

it('approval moves the devices, which keep their ids', async () => {
  const syncing = await newMoved()
  const { store, planId, service, signal, sync } = syncing
  const before = await store.devices.find('r1')
  expect(await service.approve(planId, 'alice', signal)).toMatchObject({
    id: planId,
    state: 'APPLIED',
    created: 1,
    updated: 31,
    moved: 30,
    decidedBy: 'alice',
  })
  expect((await sitesOf(syncing)).filter((site) => site === 'Lyon')).toHaveLength(30)
  expect((await store.devices.find('r1')).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
  expect(await sync()).toMatchObject([{ state: 'APPLIED', updated: 0, moved: 0 }])
})

it('approval is refused if the devices would move elsewhere now', async () => {
  const syncing = await newMoved()
  const { planId, service, signal, write } = syncing
  await write([...keyed(30, { site: 'Nice' }), raw('r31', { key: 31, port: 22 }), raw('new', { key: 99 })])
  await expect(service.approve(planId, 'alice', signal)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('a new plan awaits approval in its place'),
  })
  expect(await sitesOf(syncing)).not.toContain('Nice')
})

it('approval of decommissions does not approve later moves', async () => {
  const file = await newFile()
  const syncing = await newSyncing([file.source])
  const { service, signal, sync } = syncing
  await file.write(keyed(60))
  await sync()
  await file.write(keyed(30))
  const [plan] = await sync()
  expect(plan).toMatchObject({ state: 'AWAITING_APPROVAL', decommissioned: 30, moved: 0 })
  await file.write(keyed(30, { site: 'Lyon' }))
  await expect(service.approve(plan?.id ?? 0, 'alice', signal)).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(await sitesOf(syncing)).toEqual(Array.from({ length: 60 }, () => 'Paris'))
})

it('moves below a ceiling are applied even while decommissions await approval', async () => {
  const file = await newFile()
  const syncing = await newSyncing([file.source])
  await file.write(keyed(60))
  await syncing.sync()
  await file.write(keyed(20, { site: 'Lyon' }))
  expect(await syncing.sync()).toMatchObject([
    { state: 'AWAITING_APPROVAL', decommissioned: 40, updated: 20, moved: 20 },
  ])
  expect((await sitesOf(syncing)).filter((site) => site === 'Lyon')).toHaveLength(20)
})

it('without keys, moved devices are not added twice while the old ones await approval', async () => {
  const { path, write } = await newFile()
  const source = createSource(
    { name: 'global', type: 'file', path, fields: { key: 'none' } },
    { defaultPort: 830 },
  )
  const { store, sync, service, signal } = await newSyncing([source])
  await write(keyed(30))
  await sync()
  await write([...keyed(30, { site: 'Lyon' }), raw('new')])
  const [plan] = await sync()
  expect(plan).toMatchObject({ state: 'AWAITING_APPROVAL', created: 1, decommissioned: 30 })
  expect(await store.devices.count()).toBe(31)
  expect(await service.approve(plan?.id ?? 0, 'alice', signal)).toMatchObject({
    created: 31,
    decommissioned: 30,
  })
  expect(await store.devices.count()).toBe(31)
})
