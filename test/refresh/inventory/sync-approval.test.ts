import { rm } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { AT, type FileOfRecords, many, newFile, newSyncing, raw, type Syncing } from '../support/syncing.ts'

/** Thirty devices, of which the source has but one any more; a new one is there, and that one has moved. */
async function newWaiting(): Promise<Syncing & FileOfRecords & { planId: number }> {
  const file = await newFile()
  const syncing = await newSyncing([file.source])
  await file.write(many('r', 30))
  await syncing.sync()
  await file.write([raw('r1', { port: 22 }), raw('new')])
  const [plan] = await syncing.sync()
  return { ...file, ...syncing, planId: plan?.id ?? 0 }
}

describe('a plan that would decommission too much', () => {
  it('awaits approval, while additions and updates are applied', async () => {
    const { store, planId } = await newWaiting()
    expect(await store.syncPlans.byIds([planId])).toMatchObject([
      {
        state: 'AWAITING_APPROVAL',
        reason:
          'It would decommission 29 of 30 active devices (96.7%), which is more than 20 and more than 10%.',
        created: 1,
        updated: 1,
        decommissioned: 29,
        unchanged: 0,
        decidedAt: null,
      },
    ])
    expect(await store.devices.count()).toBe(31)
    expect(await store.devices.find('r1')).toMatchObject([{ port: 22 }])
    expect(await store.changes.count()).toBe(30 + 2)
  })

  it('awaits approval if the source gives nothing, however few devices there are', async () => {
    const { source, write } = await newFile()
    const { store, sync, service, signal } = await newSyncing([source])
    await write([raw('r1'), raw('r2')])
    await sync()
    const before = await store.inventory.known()
    await write([])
    const { plans, failures } = await service.syncAll(signal)
    expect(plans).toMatchObject([{ state: 'AWAITING_APPROVAL', decommissioned: 2 }])
    expect(failures).toEqual([
      'The removal of devices that source "global" no longer lists awaits approval: The source gave no record that can be used. It would decommission 2 of 2 active devices.',
    ])
    expect(await store.inventory.known()).toEqual(before)
  })

  it('expires with the next plan', async () => {
    const { store, planId, sync, write, service, signal } = await newWaiting()
    const [next] = await sync()
    expect(next).toMatchObject({ state: 'AWAITING_APPROVAL', decommissioned: 29, created: 0 })
    expect(await store.syncPlans.byIds([planId])).toMatchObject([{ state: 'EXPIRED', decidedAt: AT }])
    await expect(service.approve(planId, 'alice', signal)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'The plan is EXPIRED and awaits no approval; look for a newer one.',
    })
    await write([...many('r', 30), raw('new')])
    expect(await sync()).toMatchObject([{ state: 'APPLIED', decommissioned: 0 }])
    expect(await store.syncPlans.count(['AWAITING_APPROVAL'])).toBe(0)
  })
})

describe('approval', () => {
  it('decommissions the devices of the plan, and records who approved it', async () => {
    const { store, planId, service, signal, changed } = await newWaiting()
    changed.length = 0
    const approved = await service.approve(planId, 'alice', signal)
    expect(approved).toMatchObject({
      id: planId,
      state: 'APPLIED',
      created: 1,
      updated: 1,
      decommissioned: 29,
      decidedAt: AT,
      decidedBy: 'alice',
    })
    expect(await store.syncPlans.byIds([planId])).toEqual([approved])
    expect(await store.devices.count()).toBe(2)
    expect(changed).toHaveLength(29)
    const { items } = await store.changes.page({ page: { first: 1 } })
    expect(items).toMatchObject([
      {
        actor: 'source:global',
        action: 'DECOMMISSIONED',
        fields: [{ field: 'lifecycle' }, { field: 'approvedBy', before: null, after: 'alice' }],
      },
    ])
    await expect(service.approve(planId, 'alice', signal)).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  it('also applies devices that the source has added since', async () => {
    const { store, planId, service, signal, write } = await newWaiting()
    await write([raw('r1', { port: 22 }), raw('new'), raw('newer')])
    expect(await service.approve(planId, 'alice', signal)).toMatchObject({ state: 'APPLIED', created: 2 })
    expect(await store.devices.count()).toBe(3)
  })

  it('is refused if the source has changed, and a new plan awaits approval', async () => {
    const { store, planId, service, signal, write } = await newWaiting()
    await write([raw('r1', { port: 22 }), raw('r2')])
    await expect(service.approve(planId, 'alice', signal)).rejects.toMatchObject({
      code: 'CONFLICT',
      message:
        'The source "global" has changed since the plan was made; a new plan awaits approval in its place.',
    })
    const { items } = await store.syncPlans.page({ page: { first: 2 } })
    expect(items).toMatchObject([
      { state: 'AWAITING_APPROVAL', decommissioned: 29 },
      { id: planId, state: 'EXPIRED', decidedBy: null },
    ])
    expect(await store.devices.count()).toBe(31)
  })

  it('is refused if the source has recovered, and the source is applied', async () => {
    const { store, planId, service, signal, write } = await newWaiting()
    await write([...many('r', 29), raw('new')])
    await expect(service.approve(planId, 'alice', signal)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('needed no approval and was applied'),
    })
    expect(await store.syncPlans.byIds([planId])).toMatchObject([{ state: 'EXPIRED' }])
    expect(await store.devices.count()).toBe(30)
  })

  it('leaves the plan open if the source cannot be read', async () => {
    const { store, planId, service, signal, path } = await newWaiting()
    await rm(path)
    await expect(service.approve(planId, 'alice', signal)).rejects.toMatchObject({ code: 'SOURCE_FAILED' })
    expect(await store.syncPlans.byIds([planId])).toMatchObject([{ state: 'AWAITING_APPROVAL' }])
  })

  it('needs an existing plan and its source', async () => {
    const { store, planId, service, signal } = await newWaiting()
    await expect(service.approve(999, 'alice', signal)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const other = await newSyncing([], { store })
    await expect(other.service.approve(planId, 'alice', signal)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('no longer has the source "global"'),
    })
  })
})

describe('rejection', () => {
  it('leaves the devices unchanged; the next sync makes a new plan', async () => {
    const { store, planId, service, signal, sync } = await newWaiting()
    expect(await service.reject(planId, 'alice')).toMatchObject({
      id: planId,
      state: 'REJECTED',
      decidedAt: AT,
      decidedBy: 'alice',
    })
    expect(await store.devices.count()).toBe(31)
    await expect(service.reject(planId, 'alice')).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(service.approve(planId, 'alice', signal)).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(service.reject(999, 'alice')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await sync()).toMatchObject([{ state: 'AWAITING_APPROVAL', decommissioned: 29 }])
  })
})
