import { describe, expect, it } from 'vitest'
import { idsByName, record, sync } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { ask, dataOf } from '../../support/graphql-answer.ts'

const DEVICE = `device {
  id name address port platform site { name } country { name region } lifecycle source probeHold
  changes(first: 1) { nodes { action actor fields { field before after } } }
}`
const ONBOARD = `mutation ($input: DeviceInput!) { onboardDevice(input: $input) { ${DEVICE} } }`
const UPDATE = `mutation ($id: ID!, $input: DeviceUpdateInput!) { updateDevice(id: $id, input: $input) { ${DEVICE} } }`
const DECOMMISSION = `mutation ($id: ID!, $reason: String) { decommissionDevice(id: $id, reason: $reason) { ${DEVICE} } }`

interface Changed {
  device: { id: string }
}

const INPUT = { name: 'r9', address: '192.0.2.9', site: 'Lyon', country: 'France' }
const idOf = (text: string) => Buffer.from(text).toString('base64url')

/** r1 of a source in Lyon, and r9, onboarded there by hand. */
async function startOnboarded() {
  const api = await startApi([record('France/Lyon/r1', { region: 'EMEA' })])
  const { onboardDevice } = await dataOf<{ onboardDevice: Changed }>(api.url, ONBOARD, { input: INPUT })
  const ofSource = idOf(`Device:${(await idsByName(api.store)).r1}`)
  return { ...api, id: onboardDevice.device.id, ofSource, onboarded: onboardDevice.device }
}

describe('onboardDevice', () => {
  it('adds a device that no source decommissions', async () => {
    const { url, store, id, onboarded } = await startOnboarded()
    expect(onboarded).toEqual({
      id,
      name: 'r9',
      address: '192.0.2.9',
      port: 830,
      platform: null,
      site: { name: 'Lyon' },
      country: { name: 'France', region: 'EMEA' },
      lifecycle: 'ACTIVE',
      source: 'manual',
      probeHold: 'NO_CREDENTIAL',
      changes: {
        nodes: [
          {
            action: 'CREATED',
            actor: 'anonymous',
            fields: expect.arrayContaining([{ field: 'address', before: null, after: '192.0.2.9' }]),
          },
        ],
      },
    })
    await sync(store, [])
    const query = '{ devices { nodes { name } } }'
    expect(await dataOf(url, query)).toEqual({ devices: { nodes: [{ name: 'r9' }] } })
  })

  it('restores a decommissioned device under its id', async () => {
    const { url, store, ofSource } = await startOnboarded()
    await sync(store, [])
    const input = { name: 'r1', address: '192.0.2.1', port: 2022, site: 'Lyon', country: 'France' }
    expect(await dataOf(url, ONBOARD, { input })).toMatchObject({
      onboardDevice: { device: { id: ofSource, source: 'manual', lifecycle: 'ACTIVE', port: 2022 } },
    })
  })

  it.each([
    ['no name', { ...INPUT, name: ' ' }, '"name" is missing or empty.'],
    ['an address that is none', { ...INPUT, address: '10.0.0.300' }, 'neither an IPv4 or IPv6 address'],
    ['a port that is none', { ...INPUT, port: 70_000 }, 'not a whole number from 1 to 65535'],
    ['the name of another', { ...INPUT, name: 'r1' }, 'r1 is a device at site Lyon of France already'],
    ['the address of another', { ...INPUT, name: 'r8' }, 'has the same address and port'],
    [
      'another region than the country has',
      { ...INPUT, name: 'r8', address: 'r8', region: 'APAC' },
      'is EMEA',
    ],
  ])('refuses %s, and changes nothing', async (_what, input, message) => {
    const { url, store } = await startOnboarded()
    const before = await store.inventory.known()
    expect(await ask(url, ONBOARD, { input })).toMatchObject({
      errors: [
        {
          message: expect.stringContaining(message),
          path: ['onboardDevice'],
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    })
    expect(await store.inventory.known()).toEqual(before)
  })
})

describe('updateDevice', () => {
  it('changes what the input names, and nothing else', async () => {
    const { url, id, onboarded } = await startOnboarded()
    const update = (input: object) => dataOf<{ updateDevice: object }>(url, UPDATE, { id, input })
    expect(await update({ platform: 'iosxe', port: 2022 })).toEqual({
      updateDevice: {
        device: {
          ...onboarded,
          port: 2022,
          platform: 'iosxe',
          changes: {
            nodes: [
              {
                action: 'UPDATED',
                actor: 'anonymous',
                fields: [
                  { field: 'port', before: '830', after: '2022' },
                  { field: 'platform', before: null, after: 'iosxe' },
                ],
              },
            ],
          },
        },
      },
    })
    expect(await update({ name: 'renamed', site: 'Nice', platform: null })).toMatchObject({
      updateDevice: { device: { id, name: 'renamed', site: { name: 'Nice' }, platform: null, port: 2022 } },
    })
    const { updateDevice } = await update({ country: 'Monaco' })
    expect(await update({})).toEqual({ updateDevice })
    expect(updateDevice).toMatchObject({ device: { country: { name: 'Monaco', region: null } } })
  })

  it('returns the device as it is then, even if the request has read it before', async () => {
    const { url, id } = await startOnboarded()
    const twice = `mutation ($id: ID!) {
      one: updateDevice(id: $id, input: { site: "Nice" }) { device { site { name } changes { totalCount } } }
      two: updateDevice(id: $id, input: { site: "Metz" }) { device { site { name } changes { totalCount } } }
    }`
    expect(await dataOf(url, twice, { id })).toEqual({
      one: { device: { site: { name: 'Nice' }, changes: { totalCount: 2 } } },
      two: { device: { site: { name: 'Metz' }, changes: { totalCount: 3 } } },
    })
  })

  it.each<[string, (ids: { id: string; ofSource: string }) => object, string, string]>([
    [
      'a device of a source',
      ({ ofSource: id }) => ({ id, input: { port: 1 } }),
      'CONFLICT',
      'r1 is from the source global, whose next sync would undo this; change it there.',
    ],
    [
      'a device that there is not',
      () => ({ id: idOf('Device:999'), input: {} }),
      'NOT_FOUND',
      'There is no device with this id.',
    ],
    ['the id of something else', () => ({ id: idOf('Site:1'), input: {} }), 'BAD_USER_INPUT', 'id of a Site'],
    [
      'to remove its name',
      ({ id }) => ({ id, input: { name: null } }),
      'BAD_USER_INPUT',
      '"name" is missing or empty.',
    ],
    [
      'the name of another',
      ({ id }) => ({ id, input: { name: 'r1' } }),
      'BAD_USER_INPUT',
      'r1 is a device at site Lyon of France already',
    ],
  ])('refuses %s, and changes nothing', async (_what, variablesOf, code, message) => {
    const api = await startOnboarded()
    const before = await api.store.inventory.known()
    expect(await ask(api.url, UPDATE, variablesOf(api))).toMatchObject({
      errors: [{ message: expect.stringContaining(message), path: ['updateDevice'], extensions: { code } }],
    })
    expect(await api.store.inventory.known()).toEqual(before)
  })
})

describe('decommissionDevice', () => {
  it('keeps the device and its history, with the reason', async () => {
    const { url, id } = await startOnboarded()
    expect(await dataOf(url, DECOMMISSION, { id, reason: 'scrapped' })).toMatchObject({
      decommissionDevice: {
        device: {
          id,
          lifecycle: 'DECOMMISSIONED',
          probeHold: 'DECOMMISSIONED',
          changes: {
            nodes: [
              {
                action: 'DECOMMISSIONED',
                actor: 'anonymous',
                fields: [
                  { field: 'lifecycle', before: 'ACTIVE', after: 'DECOMMISSIONED' },
                  { field: 'reason', before: null, after: 'scrapped' },
                ],
              },
            ],
          },
        },
      },
    })
    expect(await ask(url, UPDATE, { id, input: { port: 1 } })).toMatchObject({
      errors: [{ extensions: { code: 'CONFLICT' } }],
    })
  })

  it('keeps a device decommissioned that its source still lists, until it is onboarded', async () => {
    const { url, store, ofSource: id } = await startOnboarded()
    await dataOf(url, DECOMMISSION, { id })
    await sync(store, [record('France/Lyon/r1')])
    const query = 'query ($id: ID!) { node(id: $id) { ... on Device { lifecycle } } }'
    expect(await dataOf(url, query, { id })).toEqual({ node: { lifecycle: 'DECOMMISSIONED' } })
  })

  it.each([
    [idOf('Device:999'), 'NOT_FOUND'],
    [idOf('SyncPlan:1'), 'BAD_USER_INPUT'],
    ['nonsense', 'BAD_USER_INPUT'],
  ])('refuses %s', async (id, code) => {
    const { url } = await startApi([])
    expect(await ask(url, DECOMMISSION, { id })).toMatchObject({ errors: [{ extensions: { code } }] })
  })
})
