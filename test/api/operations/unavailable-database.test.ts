import Sqlite from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { encodeGlobalId } from '../../../src/base/global-id.ts'
import { record, sync } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { ask } from '../../support/graphql-answer.ts'

const MUTATIONS: [string, object?][] = [
  ['mutation { startRefresh(input: {}) { started } }'],
  [
    `mutation { onboardDevice(input: { name: "r9", address: "127.0.0.9", site: "Paris", country: "France" }) {
      device { name } } }`,
  ],
  ['mutation ($id: ID!) { updateDevice(id: $id, input: { platform: "junos" }) { device { name } } }'],
  ['mutation ($id: ID!) { decommissionDevice(id: $id) { device { name } } }'],
]

describe('a mutation while the database is locked', () => {
  it('is answered with UNAVAILABLE and without a path, and can be sent again', async () => {
    const { url, path, store, logged } = await startApi([])
    await sync(store, [record('France/Paris/r1')], { source: 'manual' })
    const [device] = await store.devices.find('r1')
    const variables = { id: encodeGlobalId('Device', device?.id ?? 0) }
    const other = new Sqlite(path)
    onTestFinished(() => void other.close())
    other.exec('begin immediate')
    for (const [mutation] of MUTATIONS) {
      const { errors } = await ask(url, mutation, mutation.includes('$id') ? variables : undefined)
      expect(errors).toMatchObject([
        {
          message:
            'The database cannot be written at present (it is locked by another process). Try again later.',
          extensions: { code: 'UNAVAILABLE' },
        },
      ])
    }
    expect(JSON.stringify(logged)).not.toContain('a request failed')
    other.exec('rollback')
    const { data, errors } = await ask(url, MUTATIONS[1]?.[0] ?? '')
    expect({ data, errors }).toEqual({
      data: { onboardDevice: { device: { name: 'r9' } } },
      errors: undefined,
    })
  })
})
