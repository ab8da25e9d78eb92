import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSource } from '../../src/sources/create-source.ts'
import { idsByName, temporaryFolder } from '../store/support/fixture.ts'
import { writeSettled } from '../support/settled-file.ts'
import { many, newFile, newSyncing, raw } from './support/syncing.ts'

const HEADER = 'id,name,address,site,country'

/** A source that is a CSV file of these rows; its records have keys. */
async function newTable() {
  const path = join(await temporaryFolder(), 'inventory.csv')
  const fields = { key: 'id' }
  return {
    source: createSource({ name: 'global', type: 'file', path, fields }, { defaultPort: 830 }),
    write: (...rows: string[]) => writeSettled(path, [HEADER, ...rows, ''].join('\n')),
  }
}

const row = (id: number, name = `r${id}`) => `${id},${name},10.0.0.${id},Paris,France`

describe('while a record may stand for any device', () => {
  it.each<[string, string]>([
    ['a row with a quote in a cell', '3,r3 "core,10.0.0.3,Paris,France'],
    ['a row of too few cells', 'r3'],
  ])('%s decommissions nothing, and the rest is applied', async (_name, broken) => {
    const { source, write } = await newTable()
    const { store, sync, service, signal } = await newSyncing([source])
    await write(row(1), row(2), row(3))
    await sync()
    await write(row(1, 'renamed'), broken, row(4))
    const [plan] = await sync()
    expect(plan).toMatchObject({
      state: 'AWAITING_APPROVAL',
      reason: expect.stringMatching(/^It cannot be told which device 1 unusable record stands for\./),
      created: 1,
      updated: 1,
      decommissioned: 2,
    })
    expect(Object.keys(await idsByName(store))).toEqual(expect.arrayContaining(['renamed', 'r2', 'r4']))
    expect(await store.devices.count()).toBe(4)
    expect(await sync()).toMatchObject([{ state: 'AWAITING_APPROVAL', created: 0, updated: 0 }])
    const [waiting] = (await store.syncPlans.page({ page: { first: 1 } })).items
    expect(await service.approve(waiting?.id ?? 0, 'alice', signal)).toMatchObject({ state: 'APPLIED' })
    expect(await service.syncAll(signal)).toMatchObject({ failures: [] })
  })

  it('a record without a site or a key holds them back, one that names a new device does not', async () => {
    const { source, write } = await newFile()
    const { sync } = await newSyncing([source])
    await write([raw('r1'), raw('r2')])
    await sync()
    await write([raw('r1'), raw('r2', { site: '' })])
    expect(await sync()).toMatchObject([
      {
        state: 'AWAITING_APPROVAL',
        decommissioned: 1,
        reason:
          'It cannot be told which device 1 unusable record stands for. It would decommission 1 of 2 active devices, which the record may list.',
      },
    ])
    // The same name elsewhere may be this device with a mistyped site.
    await write([raw('r1'), raw('r2', { site: 'Pari', address: '' })])
    expect(await sync()).toMatchObject([{ state: 'AWAITING_APPROVAL', decommissioned: 1 }])
    await write([raw('r1'), raw('r3', { address: '' })])
    expect(await sync()).toMatchObject([{ state: 'APPLIED', decommissioned: 1 }])
  })

  it('records that another source answers for hold nothing back', async () => {
    const [first, second] = [await newFile('first'), await newFile('second')]
    const { sync } = await newSyncing([first.source, second.source])
    await first.write([raw('r1')])
    await second.write([raw('r1'), raw('r2'), raw('r3')])
    await sync()
    await second.write([raw('r1'), raw('r2')])
    expect(await sync('second')).toMatchObject([{ state: 'APPLIED', decommissioned: 1 }])
  })
})

describe('a source whose records cannot be used', () => {
  it('has failed, with the most frequent reason, and nothing is changed', async () => {
    const { source, write } = await newFile()
    const { store, sync, service, signal } = await newSyncing([source])
    await write(many('r', 3))
    await sync()
    const before = await store.inventory.known()
    await write([raw('r1', { site: '' }), raw('r2', { address: 'a b' }), raw('r3', { address: 'c d' })])
    const { plans, failures } = await service.syncAll(signal)
    expect(plans).toMatchObject([
      {
        state: 'FAILED',
        created: 0,
        reason:
          'None of the 3 records that source "global" gives can be used. The most frequent reason, 2 times: "address" is "a b", which is neither an IPv4 or IPv6 address nor a host name.',
        rejected: [{ position: 1 }, { position: 2 }, { position: 3 }],
      },
    ])
    expect(failures).toEqual([plans[0]?.reason])
    expect(await store.inventory.known()).toEqual(before)
  })

  it('has failed also where no device is known yet', async () => {
    const { source, write } = await newFile()
    const { sync } = await newSyncing([source])
    await write([{ name: 'r1' }])
    expect(await sync()).toMatchObject([
      { state: 'FAILED', reason: expect.stringMatching(/^The only record /) },
    ])
  })

  it('decommissions nothing unasked if nearly all are so', async () => {
    const { source, write } = await newFile()
    const { sync } = await newSyncing([source])
    await write(many('r', 40))
    await sync()
    const bad = many('r', 38).map((record) => ({ ...record, address: 'a b' }))
    await write([...bad, raw('r39'), raw('new')])
    expect(await sync()).toMatchObject([
      {
        state: 'AWAITING_APPROVAL',
        created: 1,
        unchanged: 39,
        decommissioned: 1,
        reason: 'Only 2 of 40 records can be used. It would decommission 1 of 40 active devices.',
      },
    ])
  })
})
