import { request } from 'node:http'
import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { SharedAnswers } from '../../../src/api/operations/shared-answers.ts'
import { schema } from '../../../src/api/schema/schema.ts'
import { silentLogger } from '../../../src/base/log.ts'
import { openStore } from '../../../src/store/store.ts'
import { newRefresh, record, sync } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { ask, dataOf, post } from '../../support/graphql-answer.ts'
import { HandClock } from '../../support/hand-clock.ts'

const NETWORK = [record('France/Lyon/r1'), record('Chile/Arica/r1')]
const NAMES = '{ countries { name sites { devices { name } } } }'
const NAMES_STATEMENTS = 3

describe('equal queries', () => {
  it('are executed at most twice while the database does not change', async () => {
    const { url, statements } = await startApi(NETWORK)
    const first = await (await post(url, NAMES)).text()
    expect(statements).toHaveLength(NAMES_STATEMENTS)
    for (let turn = 0; turn < 4; turn += 1) expect(await (await post(url, NAMES)).text()).toBe(first)
    expect(statements).toHaveLength(2 * NAMES_STATEMENTS)
  })

  it('are executed once if they arrive together, except if they read request-time state', async () => {
    const contextValue = { services: { store: { version: '1' } }, viewer: { role: 'VIEWER' } }
    const argsOf = (text: string) => ({ schema, document: parse(text), contextValue })
    const [names, own] = [argsOf(NAMES), argsOf('{ viewer { name } }')]
    const gate = Promise.withResolvers<void>()
    let executions = 0
    const execute = async () => {
      executions += 1
      await gate.promise
      return { data: {} }
    }
    const answers = new SharedAnswers(async (_args, place) => (place ? place.run(execute) : execute()))
    const first = [1, 2, 3].map(() => answers.execute(names))
    gate.resolve()
    expect(new Set(await Promise.all(first)).size).toBe(1)
    expect(executions).toBe(1)
    await Promise.all([1, 2, 3].map(() => answers.execute(own)))
    expect(executions).toBe(4)
  })

  it('are executed at most twice for twenty clients', async () => {
    const { url, statements } = await startApi(NETWORK)
    const answers = await Promise.all(Array.from({ length: 20 }, () => dataOf(url, NAMES)))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(statements.length).toBeLessThanOrEqual(2 * NAMES_STATEMENTS)
  })

  it('are executed again after the database was written', async () => {
    const { url, store, path } = await startApi(NETWORK)
    const count = '{ devices { totalCount } }'
    const isCounted = async (totalCount: number) => {
      for (let turn = 0; turn < 3; turn += 1)
        expect(await dataOf(url, count)).toEqual({ devices: { totalCount } })
    }
    await isCounted(2)
    await sync(store, [...NETWORK, record('Chile/Arica/r2')])
    await isCounted(3)
    const other = await openStore({ database: path, log: silentLogger })
    await sync(other, [...NETWORK, record('Chile/Arica/r2'), record('Chile/Arica/r3')])
    await other.close()
    await isCounted(4)
  })

  it('differ by their variables, their operation and their directives', async () => {
    const { url } = await startApi(NETWORK)
    const query = `
      query One($name: String!, $no: Boolean = false) { country(name: $name) { name @skip(if: $no) sites { name } } }
      query Two { countries { name } }`
    const body = (operationName: string, variables: object) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, operationName, variables }),
      }).then((response) => response.json())
    const france = { country: { name: 'France', sites: [{ name: 'Lyon' }] } }
    for (let turn = 0; turn < 4; turn += 1) {
      expect(await body('One', { name: 'France' })).toEqual({ data: france })
      expect(await body('One', { name: 'Peru' })).toEqual({ data: { country: null } })
      expect(await body('One', { name: 'France', no: true })).toEqual({
        data: { country: { sites: [{ name: 'Lyon' }] } },
      })
      expect(await body('Two', {})).toEqual({ data: { countries: [{ name: 'Chile' }, { name: 'France' }] } })
    }
  })

  it('get the present state each if they ask for it', async () => {
    const clock = new HandClock()
    const { url, store } = await startApi(NETWORK, { clock })
    const { id } = await newRefresh(store)
    await store.refreshes.update(id, { state: 'PROBING', startedAt: clock.now() })
    const query = '{ refreshes { nodes { progress { elapsedMs } } } }'
    for (let turn = 0; turn < 5; turn += 1) {
      expect(await dataOf(url, query)).toEqual({
        refreshes: { nodes: [{ progress: { elapsedMs: turn * 1_000 } }] },
      })
      clock.advance(1_000)
    }
  })

  it('get an error each', async () => {
    const { url, statements } = await startApi(NETWORK)
    const query = '{ countries { name } device(name: "r1") { id } }'
    for (let turn = 0; turn < 4; turn += 1) {
      statements.length = 0
      expect(await ask(url, query)).toMatchObject({
        data: { device: null },
        errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
      })
      expect(statements).not.toEqual([])
    }
  })

  it('get their cost if they ask for it', async () => {
    const { url } = await startApi(NETWORK)
    const expected = await dataOf(url, NAMES)
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: NAMES, extensions: { cost: true } }),
    })
    expect(await response.json()).toEqual({
      data: expected,
      extensions: { cost: { requested: expect.any(Number), limit: expect.any(Number) } },
    })
  })

  it('are answered even if the first caller has gone', async () => {
    const { url, store } = await startApi(NETWORK)
    await newRefresh(store)
    const body = JSON.stringify({ query: NAMES })
    const gone = request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': body.length },
    })
    gone.on('error', () => undefined)
    gone.end(body)
    const others = [1, 2, 3].map(() => dataOf(url, NAMES))
    gone.destroy()
    const expected = { countries: [{ name: 'Chile' }, { name: 'France' }] }
    for (const answer of await Promise.all(others)) expect(answer).toMatchObject(expected)
  })
})
