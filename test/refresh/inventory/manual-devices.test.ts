import { describe, expect, it } from 'vitest'
import { newFile, newSyncing, raw } from '../support/syncing.ts'

const INPUT = { name: 'm1', address: '10.1.1.1', site: 'Lyon', country: 'France' }

async function newManual() {
  const file = await newFile()
  const syncing = await newSyncing([file.source])
  const { store, service } = syncing
  return {
    ...file,
    ...syncing,
    onboard: (fields: Partial<typeof INPUT> & Record<string, unknown> = {}) =>
      service.onboard({ ...INPUT, ...fields }, 'alice'),
    device: async (id: number) => (await store.devices.byIds([id]))[0],
    known: (id: number) => store.inventory.knownById(id),
    log: async (deviceId: number) => {
      const { items } = await store.changes.page({ deviceId, page: { first: 10 } })
      return items.map(({ actor, action, fields }) => ({ actor, action, fields }))
    },
  }
}

describe('onboarding', () => {
  it('adds a device by hand, and no source decommissions it', async () => {
    const { onboard, known, log, write, sync, changed } = await newManual()
    const id = await onboard({ name: ' m1 ', platform: 'junos' })
    expect(changed).toEqual([id])
    expect(await known(id)).toMatchObject({ ...INPUT, port: 830, platform: 'junos', source: 'manual' })
    expect(await log(id)).toMatchObject([{ actor: 'alice', action: 'CREATED' }])
    await write([raw('r1')])
    expect(await sync()).toMatchObject([{ created: 1, decommissioned: 0 }])
    await write([])
    await sync()
    expect(await known(id)).toMatchObject({ lifecycle: 'ACTIVE' })
  })

  it.each([
    [{ name: '' }, '"name" is missing or empty.'],
    [{ address: '10.1.1.300' }, expect.stringContaining('neither an IPv4 or IPv6 address nor a host name')],
    [{ address: '0.0.0.0' }, '"address" is "0.0.0.0", which stands for no device.'],
    [{ address: 'DHCP' }, '"address" is "DHCP", which is a placeholder and no address.'],
    [
      { name: 'm\u202e1' },
      '"name" holds a bidirectional control character, which lets it look like another text; remove it.',
    ],
    [
      { name: 'r\u200b1', site: 'Paris\u00a0' },
      'r1 is a device at site Paris of France already, from source global.',
    ],
    [{ port: 0 }, expect.stringContaining('not a whole number from 1 to 65535')],
    [{ name: 'r1', site: 'Paris' }, 'r1 is a device at site Paris of France already, from source global.'],
    [
      { address: 'R1.Example.net.' },
      'r1 at site Paris of France has the same address and port: r1.example.net port 830.',
    ],
    [
      { address: '2001:DB8:0:0::6' },
      'r6 at site Paris of France has the same address and port: [2001:db8::6] port 830.',
    ],
    [{ region: 'APAC' }, 'The region of France is EMEA; leave "region" out or give that one.'],
  ])('refuses %j', async (fields, message) => {
    const { onboard, write, sync, store } = await newManual()
    await write([raw('r1', { region: 'EMEA' }), raw('r6', { address: '2001:db8::6' })])
    await sync()
    await expect(onboard(fields)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', message })
    expect(await store.devices.count()).toBe(2)
  })

  it('uses the region of the country, and sets that of a new country', async () => {
    const { onboard, known, write, sync } = await newManual()
    await write([raw('r1', { region: 'EMEA' })])
    await sync()
    expect(await known(await onboard())).toMatchObject({ region: 'EMEA' })
    const peru = { address: '10.2.2.2', country: 'Peru', region: 'AMER' }
    expect(await known(await onboard(peru))).toMatchObject({ region: 'AMER' })
  })

  it('restores a decommissioned device under its id', async () => {
    const { onboard, known, log, write, sync } = await newManual()
    await write([raw('r1'), raw('m1', { site: 'Lyon', key: '7' })])
    await sync()
    await write([raw('r1')])
    await sync()
    const id = await onboard()
    expect(await known(id)).toMatchObject({ lifecycle: 'ACTIVE', source: 'manual', key: null, ...INPUT })
    expect(await log(id)).toMatchObject([
      {
        actor: 'alice',
        action: 'RESTORED',
        fields: [
          { field: 'lifecycle' },
          { field: 'address', before: 'm1.example.net', after: '10.1.1.1' },
          { field: 'key', before: '7', after: null },
          { field: 'source', before: 'global', after: 'manual' },
        ],
      },
      { action: 'DECOMMISSIONED' },
      { action: 'CREATED' },
    ])
  })

  it('is reported to the source that lists the same device', async () => {
    const { onboard, known, write, sync } = await newManual()
    const id = await onboard()
    await write([raw('m1', { site: 'Lyon' }), raw('other', { address: '10.1.1.1' }), raw('r1')])
    expect(await sync()).toMatchObject([
      {
        created: 1,
        rejected: [
          { position: 1, reason: expect.stringContaining('m1 at site Lyon of France was onboarded by hand') },
          { position: 2, reason: expect.stringContaining('same address and port: 10.1.1.1 port 830') },
        ],
      },
    ])
    expect(await known(id)).toMatchObject({ source: 'manual', address: '10.1.1.1' })
  })

  it('twice at once adds the device once', async () => {
    const { onboard, store } = await newManual()
    const both = await Promise.allSettled([onboard(), onboard()])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(await store.devices.count()).toBe(1)
  })
})

describe('decommissioning by hand', () => {
  it('keeps the device and the reason', async () => {
    const { onboard, service, known, log, changed } = await newManual()
    const id = await onboard()
    await service.decommission(id, { reason: 'sold', by: 'bob' })
    expect(changed).toEqual([id, id])
    expect(await known(id)).toMatchObject({ lifecycle: 'DECOMMISSIONED' })
    expect((await log(id))[0]).toEqual({
      actor: 'bob',
      action: 'DECOMMISSIONED',
      fields: [
        { field: 'lifecycle', before: 'ACTIVE', after: 'DECOMMISSIONED' },
        { field: 'reason', before: null, after: 'sold' },
      ],
    })
    await service.decommission(id, { reason: null, by: 'bob' })
    expect(await log(id)).toHaveLength(2)
    await expect(service.decommission(999, { reason: null, by: 'bob' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it('lasts while the source lists the device, until it is onboarded again', async () => {
    const { service, known, onboard, write, sync, store } = await newManual()
    await write([raw('r1'), raw('r2')])
    await sync()
    const [device] = await store.devices.find('r1')
    const id = device?.id ?? 0
    await service.decommission(id, { reason: null, by: 'bob' })
    expect(await sync()).toMatchObject([
      {
        state: 'APPLIED',
        unchanged: 1,
        updated: 0,
        rejected: [{ position: 1, reason: expect.stringContaining('bob decommissioned r1') }],
      },
    ])
    expect(await known(id)).toMatchObject({ lifecycle: 'DECOMMISSIONED', source: 'global' })
    expect(await onboard({ name: 'r1', site: 'Paris' })).toBe(id)
    expect(await known(id)).toMatchObject({ lifecycle: 'ACTIVE', decommissionedBy: null })
  })

  it('of a device that was onboarded by hand lets a source take it over', async () => {
    const { onboard, service, known, write, sync } = await newManual()
    const id = await onboard()
    await service.decommission(id, { reason: null, by: 'bob' })
    await write([raw('m1', { site: 'Lyon' })])
    expect(await sync()).toMatchObject([{ updated: 1, rejected: [] }])
    expect(await known(id)).toMatchObject({ lifecycle: 'ACTIVE', source: 'global' })
  })
})

describe('an update by hand', () => {
  it('changes the given fields, and keeps the rest and the id', async () => {
    const { onboard, service, known, log } = await newManual()
    const id = await onboard({ platform: 'junos', port: 22, region: 'EMEA' })
    await service.update(id, { name: 'm2', platform: null, country: undefined }, 'bob')
    expect(await known(id)).toMatchObject({ ...INPUT, name: 'm2', port: 22, platform: null, region: 'EMEA' })
    expect((await log(id))[0]).toEqual({
      actor: 'bob',
      action: 'UPDATED',
      fields: [
        { field: 'name', before: 'm1', after: 'm2' },
        { field: 'platform', before: 'junos', after: null },
      ],
    })
    await service.update(id, { name: 'm2', port: 22 }, 'bob')
    expect(await log(id)).toHaveLength(2)
  })

  it('moves a device to another country', async () => {
    const { onboard, service, known } = await newManual()
    const id = await onboard({ region: 'EMEA' })
    await service.update(id, { country: 'Peru', site: 'Lima' }, 'bob')
    expect(await known(id)).toMatchObject({ id, country: 'Peru', site: 'Lima', region: null })
  })

  it('does not change a device of a source or a decommissioned one', async () => {
    const { onboard, service, write, sync, store } = await newManual()
    const id = await onboard()
    await write([raw('r1')])
    await sync()
    const [ofSource] = await store.devices.find('r1')
    const update = (of: number, patch: object) => service.update(of, patch, 'bob')
    await expect(update(999, {})).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(update(ofSource?.id ?? 0, { port: 22 })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'r1 is from the source global, whose next sync would undo this; change it there.',
    })
    await expect(update(id, { name: 'r1', site: 'Paris' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
    await expect(update(id, { address: null })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: '"address" is missing or empty.',
    })
    await service.decommission(id, { reason: null, by: 'bob' })
    await expect(update(id, { port: 22 })).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  it('may use the name of a decommissioned device', async () => {
    const { onboard, service, known } = await newManual()
    const gone = await onboard()
    await service.decommission(gone, { reason: null, by: 'bob' })
    const id = await onboard({ name: 'm2', address: '10.2.2.2' })
    await service.update(id, { name: 'm1' }, 'bob')
    expect(await known(id)).toMatchObject({ name: 'm1' })
    expect(await known(gone)).toMatchObject({ name: `m1 #${gone}`, lifecycle: 'DECOMMISSIONED' })
  })
})
