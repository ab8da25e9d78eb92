import Sqlite from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Loader } from '../../../src/api/loaders/loader.ts'
import { FIRST_TRY, idsByName, newRefresh, record, report } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { ask, dataOf } from '../../support/graphql-answer.ts'

/** An API over devices at two sites, of which one was probed. */
async function startProbedApi() {
  const api = await startApi(
    ['France/Lyon/r1', 'France/Lyon/r2', 'Chile/Arica/r3'].map((name) => record(name)),
  )
  const { id: refreshId } = await newRefresh(api.store)
  const deviceId = (await idsByName(api.store)).r1 ?? 0
  await api.store.probes.commitBatch([{ refreshId, deviceId, ...FIRST_TRY, report: report() }])
  return api
}

describe('what the devices of a page refer to', () => {
  it.each([
    ['site { name }', 2],
    ['country { name }', 3],
    ['site { name } country { name }', 3],
    ['facts { vendor }', 2],
    ['hostKey { state }', 2],
    ['lastProbe { outcome }', 2],
    ['lastProbe { outcome } ...F', 2],
    ['one: lastProbe { outcome } lastProbe { phase }', 3],
    ['site @include(if: false) { name } ... @include(if: false) { lastProbe { phase } }', 1],
  ])('is read once, and only if it is selected: %s', async (fields, count) => {
    const { url, store, statements } = await startProbedApi()
    const fragment = fields.includes('...F') ? 'fragment F on Device { lastProbe { phase } }' : ''
    for (const page of [`nodes { ${fields} }`, `edges { node { ${fields} } }`]) {
      const query = `{ devices { ${page} } } ${fragment}`
      // Plain, and then compiled; what is written in between keeps the answers from being shared.
      for (let turn = 0; turn < 4; turn += 1) {
        await newRefresh(store)
        statements.length = 0
        await dataOf(url, query)
        expect(statements, page).toHaveLength(count)
      }
    }
  })

  it('leaves an error to the field that cannot be read', async () => {
    const { url, path } = await startProbedApi()
    const sqlite = new Sqlite(path)
    onTestFinished(() => void sqlite.close())
    sqlite.exec('drop table device_facts')
    const { errors, data } = await ask(url, '{ devices { nodes { name facts { vendor } } } }')
    const names = ['r1', 'r2', 'r3']
    expect(data).toEqual({ devices: { nodes: names.map((name) => ({ name, facts: null })) } })
    expect(errors?.map((error) => error.path)).toEqual(
      names.map((_name, index) => ['devices', 'nodes', index, 'facts']),
    )
  })
})

describe('a value that was loaded ahead', () => {
  it('is returned without a promise and not looked up again, even if it is null', async () => {
    const lookedUp: number[][] = []
    const loader = new Loader(async (ids) => {
      lookedUp.push([...ids])
      return ids.map((id) => (id === 2 ? null : `value ${id}`))
    })
    expect(await loader.loadAhead([1, 2, 1])).toEqual(['value 1', null, 'value 1'])
    expect([loader.load(1), loader.load(2)]).toEqual(['value 1', null])
    expect(await loader.loadAhead([2, 3])).toEqual([null, 'value 3'])
    expect(lookedUp).toEqual([[1, 2], [3]])
  })
})
