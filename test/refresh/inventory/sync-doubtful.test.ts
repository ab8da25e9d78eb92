import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSource } from '../../../src/sources/create-source.ts'
import { idsByName, temporaryFolder } from '../../store/support/fixture.ts'
import { writeSettled } from '../../support/settled-file.ts'
import { many, newFile, newSyncing, raw } from '../support/syncing.ts'

const HEADER = 'id,name,address,site,country'

/** A source that is a CSV file of these rows; its records have keys. */
async function newTable(header = HEADER) {
  const path = join(await temporaryFolder(), 'inventory.csv')
  const fields = { key: 'id' }
  return {
    source: createSource({ name: 'global', type: 'file', path, fields }, { defaultPort: 830 }),
    write: (...rows: string[]) => writeSettled(path, [header, ...rows, ''].join('\n')),
  }
}

/** A row that has a value of this device in each column. */
function rowOf(header: string, id: number): string {
  const [key, name, address, site, country] = row(id).split(',')
  const values = { id: key, name, address, site, country, platform: 'iosxe', password: 'hunter2' }
  return header
    .split(',')
    .map((column) => Reflect.get(values, column))
    .join(',')
}

const row = (id: number, name = `r${id}`) => `${id},${name},10.0.0.${id},Paris,France`

describe('if a record may stand for any device', () => {
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

  it.each<[string, string, string]>([
    ['the cell of the key', 'id,name,address,site,country,platform', 'r3,10.0.0.3,Paris,France,iosxe'],
    ['the cell of the site', 'id,name,address,site,country,platform', '3,r3,10.0.0.3,France,iosxe'],
    [
      'a cell before a password',
      'id,name,address,site,country,password,platform',
      '3,10.0.0.3,Paris,France,hunter2,iosxe',
    ],
  ])('a row without %s decommissions, moves and changes nothing', async (_name, header, broken) => {
    const path = join(await temporaryFolder(), 'inventory.csv')
    const source = createSource(
      { name: 'global', type: 'file', path, fields: { key: 'id' } },
      { defaultPort: 830 },
    )
    const { store, sync } = await newSyncing([source])
    const devices = [1, 2, 3].map((id) => rowOf(header, id))
    await writeSettled(path, [header, ...devices, ''].join('\n'))
    await sync()
    const before = await store.inventory.known()
    await writeSettled(path, [header, ...devices.slice(0, 2), broken, ''].join('\n'))
    const [plan] = await sync()
    expect(plan).toMatchObject({
      created: 0,
      moved: 0,
      rejected: [{ position: 3, record: '', reason: expect.stringContaining('more or fewer cells') }],
    })
    expect(await store.inventory.known()).toEqual(before)
    expect(JSON.stringify(plan)).not.toContain('hunter2')
  })

  it('a table in which every row lacks a cell fails', async () => {
    const { source, write } = await newTable('id,name,address,site,country,platform')
    const { store, sync } = await newSyncing([source])
    await write('1,r1,10.0.0.1,Paris,France,iosxe', '2,r2,10.0.0.2,Paris,France,iosxe')
    await sync()
    const before = await store.inventory.known()
    await write('1,10.0.0.1,Paris,France,iosxe', '2,10.0.0.2,Paris,France,iosxe')
    expect(await sync()).toMatchObject([
      { state: 'FAILED', reason: expect.stringMatching(/^None of the 2 records.* more or fewer cells/) },
    ])
    expect(await store.inventory.known()).toEqual(before)
  })

  it('a double quote that is closed some rows later decommissions none of these rows', async () => {
    const { source, write } = await newTable()
    const { store, sync } = await newSyncing([source])
    await write(row(1), row(2), row(3), row(4))
    await sync()
    await write(row(1), '2,"r2,10.0.0.2,Paris,France', row(3), '4,r4",10.0.0.4,Paris,France')
    expect(await sync()).toMatchObject([
      {
        state: 'AWAITING_APPROVAL',
        decommissioned: 3,
        rejected: [{ position: 2, reason: expect.stringContaining('a cell holds whole rows') }],
      },
    ])
    expect(await store.devices.count()).toBe(4)
  })

  it('a cell of several lines is accepted if its lines are not rows', async () => {
    const path = join(await temporaryFolder(), 'inventory.csv')
    const source = createSource({ name: 'global', type: 'file', path, fields: {} }, { defaultPort: 830 })
    const { sync } = await newSyncing([source])
    const note = '"Main street 1, first floor,\nasks for badge, key,\nand patience, a lot of it"'
    await writeSettled(path, `name,address,site,country,note\nr1,10.0.0.1,Paris,France,${note}\n`)
    expect(await sync()).toMatchObject([{ state: 'APPLIED', created: 1, rejected: [] }])
  })

  it('a name with a damaged character is no new device, and the old device stays', async () => {
    const { source, write } = await newFile()
    const { store, sync } = await newSyncing([source])
    await write([raw('r1'), raw('Zürich', { address: '10.0.0.2' })])
    await sync()
    const before = await store.inventory.known()
    await write([raw('r1'), raw('Z\ufffdrich', { address: '10.0.0.2' })])
    expect(await sync()).toMatchObject([
      {
        state: 'AWAITING_APPROVAL',
        created: 0,
        rejected: [{ reason: expect.stringContaining('a character that was lost') }],
      },
    ])
    expect(await store.inventory.known()).toEqual(before)
  })

  it('a record without a site or a key holds removals back; one of a new device does not', async () => {
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

  it('records of devices of another source hold nothing back', async () => {
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
  it('fails with the most frequent reason, and nothing is changed', async () => {
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

  it('fails even if no device is known yet', async () => {
    const { source, write } = await newFile()
    const { sync } = await newSyncing([source])
    await write([{ name: 'r1' }])
    expect(await sync()).toMatchObject([
      { state: 'FAILED', reason: expect.stringMatching(/^The only record /) },
    ])
  })

  it('decommissions nothing without approval if nearly all records are unusable', async () => {
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
