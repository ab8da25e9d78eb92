import { isObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../../src/api/schema/schema.ts'
import { FIRST_TRY, idsByName, newRefresh, record, report } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { WIDE_LIMITS } from '../support/edge-data.ts'

/** How to ask for each field of a type: those of objects need fields of their own. */
function selections(typename: 'Device' | 'Probe'): string[] {
  const type = schema.getType(typename)
  if (!isObjectType(type)) throw new Error(`There is no ${typename}.`)
  const below: Record<string, string> = {
    site: '{ name }',
    country: '{ name }',
    capabilities: '{ uri }',
    facts: '{ readFrom }',
    hostKey: '{ fingerprint }',
    lastProbe: '{ outcome }',
    probes: '{ nodes { outcome } }',
    changes: '{ nodes { action } }',
    device: '{ name }',
    refresh: '{ id }',
    phases: '{ phase durationMs }',
    algorithms: '{ kex }',
  }
  return Object.keys(type.getFields()).map((name) => `${name} ${below[name] ?? ''}`)
}

/** An API over two devices, of which one was probed. */
async function startProbedApi() {
  const records = [record('France/Lyon/r1', { platform: 'iosxe', port: 22 }), record('France/Lyon/r2')]
  const api = await startApi(records, { limits: WIDE_LIMITS })
  const { id: refreshId } = await newRefresh(api.store)
  const deviceId = (await idsByName(api.store)).r1 ?? 0
  const probed = report({
    outcome: 'MISSING_CAPABILITIES',
    missing: ['urn:x'],
    capabilities: ['urn:base:1.0'],
  })
  await api.store.probes.commitBatch([{ refreshId, deviceId, ...FIRST_TRY, report: probed }])
  return api
}

type Fields = Record<string, unknown>

describe('a list of devices', () => {
  it('has the same values whatever other fields are selected', async () => {
    const { url } = await startProbedApi()
    const fields = selections('Device')
    expect(fields.length).toBeGreaterThan(20)
    type Devices = { devices: { nodes: Fields[] } }
    const { devices } = await dataOf<Devices>(url, `{ devices { nodes { ${fields.join(' ')} } } }`)
    for (const field of fields) {
      const [name = ''] = field.split(' ')
      const nodes = devices.nodes.map((device) => ({ [name]: device[name] }))
      const ofSites = { countries: [{ sites: [{ devices: nodes }] }] }
      const fragment = `fragment F on Device { ... { ${field} } }`
      const edges = nodes.map((node) => ({ node }))
      const asked: [string, object][] = [
        [`{ countries { sites { devices { ${field} } } } }`, ofSites],
        [`{ countries { sites { devices { ...F } } } } ${fragment}`, ofSites],
        [`{ devices { nodes { ${field} } } }`, { devices: { nodes } }],
        [`{ devices { ... { nodes { ...F } } } } ${fragment}`, { devices: { nodes } }],
        [`{ devices { edges { node { ${field} } } } }`, { devices: { edges } }],
        [`{ devices(orderBy: { field: SITE }) { nodes { ${field} } } }`, { devices: { nodes } }],
        [
          `{ devices { edges { node { ${field} } } } devices { nodes { id } } }`,
          {
            devices: { edges, nodes: devices.nodes.map(({ id }) => ({ id })) },
          },
        ],
      ]
      for (const [query, answer] of asked) expect(await dataOf(url, query), query).toEqual(answer)
    }
  })

  it('has the same last probes whatever other fields are selected', async () => {
    const { url } = await startProbedApi()
    const fields = selections('Probe')
    expect(fields.length).toBeGreaterThan(10)
    type Devices = { devices: { nodes: { lastProbe: Fields | null }[] } }
    const nodesWith = async (selection: string) => {
      const query = `{ devices { nodes { lastProbe { ${selection} } } } }`
      return (await dataOf<Devices>(url, query)).devices.nodes
    }
    const [first, second] = await nodesWith(fields.join(' '))
    expect(second).toEqual({ lastProbe: null })
    for (const field of fields) {
      const [name = ''] = field.split(' ')
      expect(await nodesWith(field), field).toEqual([
        { lastProbe: { [name]: first?.lastProbe?.[name] } },
        second,
      ])
    }
  })

  it('is read with the selected columns only, and so are its last probes', async () => {
    const { url, statements } = await startProbedApi()
    const read = async (query: string) => {
      statements.length = 0
      await dataOf(url, query)
      return [...statements]
    }
    const [devices, probes, ...more] = await read(
      '{ devices { nodes { id name lastProbe { outcome } } pageInfo { endCursor } } }',
    )
    expect(more).toEqual([])
    expect(devices).toContain('"lastProbeId"')
    expect(devices).not.toContain('"platform"')
    expect(probes).toContain('"outcome"')
    expect(probes).not.toContain('"phases"')
  })
})

describe('the devices of sites', () => {
  it('are read with the columns of both halves of a query, in one statement for all sites', async () => {
    const places = ['France/Lyon', 'France/Paris', 'Chile/Arica']
    const records = places.map((place) => record(`${place}/r1`, { platform: 'iosxe' }))
    const { url, store, statements } = await startApi(records)
    const query = `{
      countries { sites { devices { name } } }
      countries { sites { devices { platform } other: devices { address source } } }
    }`
    const devices = [{ name: 'r1', platform: 'iosxe' }]
    const other = [{ address: 'r1.example.net', source: 'global' }]
    const site = { devices, other }
    // Plain, and then compiled; what is written in between keeps the answers from being shared.
    for (let turn = 0; turn < 4; turn += 1) {
      await newRefresh(store)
      statements.length = 0
      expect(await dataOf(url, query)).toEqual({ countries: [{ sites: [site] }, { sites: [site, site] }] })
      expect(statements).toHaveLength(4)
    }
  })
})
