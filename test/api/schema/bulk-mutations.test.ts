import { describe, expect, it } from 'vitest'
import { idsByName, record } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { ask, dataOf } from '../../support/graphql-answer.ts'

const DECOMMISSION = `mutation ($ids: [ID!], $filter: DeviceFilter, $expected: Int!) {
  decommissionDevices(ids: $ids, filter: $filter, expected: $expected, reason: "moved out") {
    done
    left { device { name } reason }
  }
}`
const TRUST = `mutation ($keys: [HostKeyTrust!]!) {
  trustHostKeys(keys: $keys) { done left { device { name } reason } }
}`
const ACTIVE = '{ devices { nodes { name } } }'

const RECORDS = ['r1', 'r2', 's1'].map((name) => record(`France/Lyon/${name}`))

async function started() {
  const api = await startApi(RECORDS)
  const ids = await idsByName(api.store)
  const idOf = (name: string) => Buffer.from(`Device:${ids[name]}`).toString('base64url')
  const active = async () => {
    const { devices } = await dataOf<{ devices: { nodes: { name: string }[] } }>(api.url, ACTIVE)
    return devices.nodes.map(({ name }) => name)
  }
  const codeOf = async (query: string, variables: object) =>
    (await ask(api.url, query, variables)).errors?.[0]?.extensions.code
  return { ...api, idOf, active, codeOf }
}

describe('decommissionDevices', () => {
  it('decommissions all that match, with the reason in the change log', async () => {
    const { url, active } = await started()
    const filter = { name: { startsWith: 'r' } }
    const { decommissionDevices } = await dataOf<{ decommissionDevices: unknown }>(url, DECOMMISSION, {
      filter,
      expected: 2,
    })
    expect(decommissionDevices).toEqual({ done: 2, left: [] })
    expect(await active()).toEqual(['s1'])
    const { changes } = await dataOf<{ changes: unknown }>(
      url,
      '{ changes(first: 1) { nodes { action fields { field after } } } }',
    )
    expect(changes).toEqual({
      nodes: [
        {
          action: 'DECOMMISSIONED',
          fields: expect.arrayContaining([{ field: 'reason', after: 'moved out' }]),
        },
      ],
    })
  })

  it('leaves out the devices that the filter excludes by their ids', async () => {
    const { url, idOf, active, codeOf } = await started()
    const filter = { name: { startsWith: 'r' }, not: { ids: [idOf('r2')] } }
    await dataOf(url, DECOMMISSION, { filter, expected: 1 })
    expect(await active()).toEqual(['r2', 's1'])
    expect(await codeOf(DECOMMISSION, { filter: { ids: ['r2'] }, expected: 1 })).toBe('BAD_USER_INPUT')
    const many = Array.from({ length: 1_001 }, () => idOf('r2'))
    expect(await codeOf(DECOMMISSION, { filter: { or: [{ ids: many }] }, expected: 1 })).toBe(
      'BAD_USER_INPUT',
    )
  })

  it('does nothing if another number matches than was expected', async () => {
    const { active, codeOf } = await started()
    expect(await codeOf(DECOMMISSION, { filter: { name: { startsWith: 'r' } }, expected: 3 })).toBe(
      'CONFLICT',
    )
    expect(await active()).toEqual(['r1', 'r2', 's1'])
  })

  it('leaves those that are decommissioned already, and lists them', async () => {
    const { url, idOf } = await started()
    await dataOf(url, DECOMMISSION, { ids: [idOf('r1')], expected: 1 })
    const { decommissionDevices } = await dataOf<{ decommissionDevices: unknown }>(url, DECOMMISSION, {
      ids: [idOf('r1'), idOf('r2')],
      expected: 2,
    })
    expect(decommissionDevices).toEqual({
      done: 1,
      left: [{ device: { name: 'r1' }, reason: 'It is decommissioned already.' }],
    })
  })

  it('looks up those that are left together', async () => {
    const { url, idOf, statements } = await started()
    const ids = ['r1', 'r2', 's1'].map(idOf)
    await dataOf(url, DECOMMISSION, { ids, expected: 3 })
    const counts: number[] = []
    for (const size of [1, 3]) {
      statements.length = 0
      await dataOf(url, DECOMMISSION, { ids: ids.slice(0, size), expected: size })
      counts.push(statements.length)
    }
    expect(counts[1]).toBe(counts[0])
  })

  it.each([
    ['neither ids nor a filter', {}],
    ['both', { ids: ['RGV2aWNlOjE='], filter: {} }],
  ])('refuses %s', async (_name, what) => {
    const { codeOf } = await started()
    expect(await codeOf(DECOMMISSION, { ...what, expected: 1 })).toBe('BAD_USER_INPUT')
  })

  it('does nothing if one of the ids names no device', async () => {
    const { active, codeOf, idOf } = await started()
    const unknown = Buffer.from('Device:999').toString('base64url')
    expect(await codeOf(DECOMMISSION, { ids: [idOf('r1'), unknown], expected: 2 })).toBe('NOT_FOUND')
    expect(await active()).toEqual(['r1', 'r2', 's1'])
  })
})

describe('trustHostKeys', () => {
  it('leaves devices that offer no other key, and says so', async () => {
    const { url, idOf } = await started()
    const keys = [{ deviceId: idOf('r1'), fingerprint: 'SHA256:x' }]
    const { trustHostKeys } = await dataOf<{ trustHostKeys: unknown }>(url, TRUST, { keys })
    expect(trustHostKeys).toEqual({
      done: 0,
      left: [
        { device: { name: 'r1' }, reason: expect.stringContaining('no other host key than the known one') },
      ],
    })
  })
})

describe('startRefresh with a filter', () => {
  const START = `mutation ($input: StartRefreshInput!) {
    startRefresh(input: $input) { refresh { scope { devices { name } } } }
  }`

  it('covers the active devices that match', async () => {
    const { url } = await started()
    const input = { filter: { name: { startsWith: 'r' } } }
    expect(await dataOf(url, START, { input })).toEqual({
      startRefresh: { refresh: { scope: { devices: [{ name: 'r1' }, { name: 'r2' }] } } },
    })
  })

  it.each([
    ['that matches nothing', () => ({ filter: { name: { eq: 'none' } } })],
    ['that matches only decommissioned devices', () => ({ filter: { lifecycle: 'DECOMMISSIONED' } })],
    ['beside a list of ids', (idOf: (name: string) => string) => ({ filter: {}, deviceIds: [idOf('r1')] })],
  ])('refuses one %s', async (_name, inputOf) => {
    const { codeOf, idOf } = await started()
    expect(await codeOf(START, { input: inputOf(idOf) })).toBe('BAD_USER_INPUT')
  })
})
