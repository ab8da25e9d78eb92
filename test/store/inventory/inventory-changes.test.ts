import { describe, expect, it } from 'vitest'
import type { Store } from '../../../src/store/store.ts'
import { idsByName, newStore, record, sync } from '../support/fixture.ts'

/** The change log, oldest first, without times and ids of its own. */
async function logOf(store: Store) {
  const { items } = await store.changes.page({ page: { last: 100 } })
  return items.reverse().map(({ id: _id, at: _at, ...entry }) => entry)
}

describe('the change log', () => {
  it('has one entry for each device and change of a sync', async () => {
    const { store } = await newStore()
    const r1 = record('France/Paris/r1', { key: '1', platform: 'junos' })
    const [r2, r3] = [record('France/Paris/r2'), record('France/Paris/r3')]
    await sync(store, [r1, r2], { at: 1_000 })
    await sync(store, [{ ...r1, name: 'r9', port: 22 }, r2, r3], { at: 2_000 })
    await sync(store, [{ ...r1, name: 'r9', port: 22 }, r3], { at: 3_000 })
    await sync(store, [{ ...r1, name: 'r9', port: 22 }, { ...r2, platform: 'iosxe' }, r3], { at: 4_000 })
    const { r9, r2: second, r3: third } = await idsByName(store)
    const actor = 'source:global'
    const gained = (field: string, after: string) => ({ field, before: null, after })
    const where = (name: string) => [
      gained('name', name),
      gained('site', 'Paris'),
      gained('country', 'France'),
      gained('address', `${name}.example.net`),
      gained('port', '830'),
    ]
    expect(await logOf(store)).toEqual([
      {
        actor,
        action: 'CREATED',
        deviceId: r9,
        fields: [...where('r1'), gained('platform', 'junos'), gained('key', '1')],
      },
      { actor, action: 'CREATED', deviceId: second, fields: where('r2') },
      {
        actor,
        action: 'UPDATED',
        deviceId: r9,
        fields: [
          { field: 'name', before: 'r1', after: 'r9' },
          { field: 'port', before: '830', after: '22' },
        ],
      },
      { actor, action: 'CREATED', deviceId: third, fields: where('r3') },
      {
        actor,
        action: 'DECOMMISSIONED',
        deviceId: second,
        fields: [{ field: 'lifecycle', before: 'ACTIVE', after: 'DECOMMISSIONED' }],
      },
      {
        actor,
        action: 'RESTORED',
        deviceId: second,
        fields: [
          { field: 'lifecycle', before: 'DECOMMISSIONED', after: 'ACTIVE' },
          { field: 'platform', before: null, after: 'iosxe' },
        ],
      },
    ])
    const { items } = await store.changes.page({ deviceId: second, page: { first: 10 } })
    expect(items.map(({ at, action }) => [at, action])).toEqual([
      [4_000, 'RESTORED'],
      [3_000, 'DECOMMISSIONED'],
      [1_000, 'CREATED'],
    ])
  })

  it('has no entry for devices that stay the same', async () => {
    const { store } = await newStore()
    await sync(store, [record('France/Paris/r1')])
    const before = await store.changes.count()
    const { unchanged } = await sync(store, [record('France/Paris/r1')], { at: 2_000 })
    expect(unchanged).toBe(1)
    expect(await store.changes.count()).toBe(before)
    expect(await store.devices.find('r1')).toMatchObject([{ lastSeenAt: 2_000 }])
  })

  it('records that a decommissioned device lost its name', async () => {
    const { store } = await newStore()
    const [r1, r2] = [record('France/Paris/r1', { key: '1' }), record('France/Paris/r2', { key: '2' })]
    await sync(store, [r1, r2])
    const { r1: first, r2: second } = await idsByName(store)
    await sync(store, [{ ...r1, name: 'r2' }])
    expect((await logOf(store)).slice(2)).toMatchObject([
      { action: 'DECOMMISSIONED', deviceId: second },
      {
        action: 'UPDATED',
        deviceId: second,
        fields: [{ field: 'name', before: 'r2', after: `r2 #${second}` }],
      },
      { action: 'UPDATED', deviceId: first, fields: [{ field: 'name', before: 'r1', after: 'r2' }] },
    ])
  })
})
