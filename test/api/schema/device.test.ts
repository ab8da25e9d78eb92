import { isObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../../src/api/schema/schema.ts'
import { FIRST_TRY, idsByName, newRefresh, record, report } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { WIDE_LIMITS } from '../support/edge-data.ts'

/** How to ask for each field of a device: those of objects need fields of their own. */
function selections(): string[] {
  const type = schema.getType('Device')
  if (!isObjectType(type)) throw new Error('There is no Device.')
  const below: Record<string, string> = {
    site: '{ name }',
    country: '{ name }',
    capabilities: '{ uri }',
    facts: '{ readFrom }',
    hostKey: '{ fingerprint }',
    lastProbe: '{ outcome }',
    probes: '{ nodes { outcome } }',
    changes: '{ nodes { action } }',
  }
  return Object.keys(type.getFields()).map((name) => `${name} ${below[name] ?? ''}`)
}

describe('the devices of a site', () => {
  it('have the same values whatever other fields are selected', async () => {
    const records = [record('France/Lyon/r1', { platform: 'iosxe', port: 22 }), record('France/Lyon/r2')]
    const { url, store } = await startApi(records, { limits: WIDE_LIMITS })
    const { id: refreshId } = await newRefresh(store)
    const deviceId = (await idsByName(store)).r1 ?? 0
    const probed = report({
      outcome: 'MISSING_CAPABILITIES',
      missing: ['urn:x'],
      capabilities: ['urn:base:1.0'],
    })
    await store.probes.commitBatch([{ refreshId, deviceId, ...FIRST_TRY, report: probed }])
    const fields = selections()
    expect(fields.length).toBeGreaterThan(20)
    type Devices = { devices: { nodes: Record<string, unknown>[] } }
    const { devices } = await dataOf<Devices>(url, `{ devices { nodes { ${fields.join(' ')} } } }`)
    for (const field of fields) {
      const [name = ''] = field.split(' ')
      const expected = devices.nodes.map((device) => ({ [name]: device[name] }))
      const asked = [
        `{ countries { sites { devices { ${field} } } } }`,
        `{ countries { sites { devices { ...F } } } } fragment F on Device { ... { ${field} } }`,
      ]
      for (const query of asked) {
        const answer = await dataOf(url, query)
        expect(answer).toEqual({ countries: [{ sites: [{ devices: expected }] }] })
      }
    }
  })

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
