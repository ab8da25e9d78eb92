import { on, once } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { SocketOperations } from '../../../src/api/websocket/socket-operations.ts'
import { newRefresh, record } from '../../store/support/fixture.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { countListeners } from '../../support/subscribers.ts'

const REFRESH = Buffer.from('Refresh:1').toString('base64url')
const FOLLOW = `subscription { refreshProgress(refreshId: "${REFRESH}") { state } }`
const PROGRESS = { data: { refreshProgress: { state: 'QUEUED' } } }

/** A connection on which the protocol has begun. */
async function connected({ url }: RunningApi) {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  const send = (message: object) => socket.send(JSON.stringify(message))
  const messages = on(socket, 'message', { close: ['close'] })
  const received = async () => JSON.parse(String((await messages.next()).value?.[0]))
  send({ type: 'connection_init' })
  expect(await received()).toEqual({ type: 'connection_ack' })
  return {
    socket,
    received,
    subscribe: (id: string, query = FOLLOW) => send({ id, type: 'subscribe', payload: { query } }),
    complete: (id: string) => send({ id, type: 'complete' }),
    ping: () => send({ type: 'ping' }),
  }
}

type Connected = Awaited<ReturnType<typeof connected>>

async function apiWithRefresh() {
  const api = await startApi([])
  await newRefresh(api.store)
  return { api, listeners: countListeners(api.refreshes.events) }
}

describe('the id of an operation', () => {
  it('may be reused while the operation starts, once its client has ended it', async () => {
    const { api, listeners } = await apiWithRefresh()
    const { received, subscribe, complete, ping } = await connected(api)
    subscribe('1')
    complete('1')
    // Ended before it began.
    subscribe('1', 'subscription { refreshes { state } }')
    complete('1')
    subscribe('1')
    expect(await received()).toEqual({ id: '1', type: 'next', payload: PROGRESS })
    await listeners.reach(1)
    complete('1')
    await listeners.reach(0)
    ping()
    expect(await received()).toEqual({ type: 'pong' })
  })

  it('may be reused while the operation ends', async () => {
    const { api, listeners } = await apiWithRefresh()
    const { received, subscribe, complete } = await connected(api)
    subscribe('1')
    expect(await received()).toEqual({ id: '1', type: 'next', payload: PROGRESS })
    complete('1')
    subscribe('1')
    expect(await received()).toEqual({ id: '1', type: 'next', payload: PROGRESS })
    await listeners.reach(1)
  })

  it('is in use while the operation waits', async () => {
    const { api } = await apiWithRefresh()
    const { socket, subscribe, complete } = await connected(api)
    const closed = once(socket, 'close')
    subscribe('1')
    complete('1')
    subscribe('1')
    subscribe('1')
    expect((await closed)[0]).toBe(4409)
  })

  it('may be reused after the operation', async () => {
    const { api, listeners } = await apiWithRefresh()
    const { received, subscribe, complete, ping } = await connected(api)
    for (let turn = 0; turn < 3; turn += 1) {
      subscribe('1')
      expect(await received()).toEqual({ id: '1', type: 'next', payload: PROGRESS })
      await listeners.reach(1)
      complete('1')
      await listeners.reach(0)
      ping()
      expect(await received()).toEqual({ type: 'pong' })
    }
    for (let turn = 0; turn < 3; turn += 1) {
      subscribe('1', '{ countries { name } }')
      expect(await received()).toEqual({ id: '1', type: 'next', payload: { data: { countries: [] } } })
      expect(await received()).toEqual({ id: '1', type: 'complete' })
    }
  })
})

describe('an operation over WebSocket', () => {
  it('counts while it starts, even if its client has ended it', async () => {
    const operations = new SocketOperations()
    const over = Promise.withResolvers<void>()
    const begin = (id: string) => {
      const message = JSON.stringify({ id, type: 'subscribe', payload: { query: FOLLOW } })
      return operations.handle(message, () => over.promise)
    }
    const handled = ['starting', 'followed', 'ending'].map(begin)
    operations.follow('followed')
    operations.follow('ending')
    expect(operations.count({ followed: {} })).toBe(2)
    over.resolve()
    await Promise.all(handled)
    expect(operations.count({})).toBe(0)
  })

  it.each([
    ['its client is gone', ({ socket }: Connected) => socket.terminate()],
    ['its client has ended it', ({ complete }: Connected) => complete('1')],
  ])('is aborted if it is a query, and %s', async (_what, leave) => {
    const api = await startApi([record('France/Lyon/r1')])
    const { store, statements } = api
    const endOf = vi.spyOn(SocketOperations.prototype, 'endOf')
    onTestFinished(() => endOf.mockRestore())
    const connection = await connected(api)
    const countries = store.inventory.countries.bind(store.inventory)
    const isRead = Promise.withResolvers<void>()
    const mayGoOn = Promise.withResolvers<void>()
    store.inventory.countries = async (filter) => {
      isRead.resolve()
      await mayGoOn.promise
      return await countries(filter)
    }
    connection.subscribe('1', '{ countries { name sites { name } } }')
    await isRead.promise
    const signal: AbortSignal = endOf.mock.results[0]?.value
    expect(signal.aborted).toBe(false)
    leave(connection)
    await expect.poll(() => signal.aborted).toBe(true)
    mayGoOn.resolve()
    await dataOf(api.url, '{ refreshes { totalCount } }')
    expect(statements).toContainEqual(expect.stringContaining('from "countries"'))
    expect(statements).not.toContainEqual(expect.stringContaining('from "sites"'))
  })

  it('gets the bytes of an answer that other clients get as well', async () => {
    const { received, subscribe } = await connected(await startApi([record('France/Lyon/r1')]))
    const parse = vi.spyOn(JSON, 'parse')
    onTestFinished(() => parse.mockRestore())
    for (const id of ['1', '2']) {
      subscribe(id, '{ countries { name sites { name } } }')
      const data = { countries: [{ name: 'France', sites: [{ name: 'Lyon' }] }] }
      expect(await received()).toEqual({ id, type: 'next', payload: { data } })
      expect(await received()).toEqual({ id, type: 'complete' })
    }
    const texts = parse.mock.calls.map(([text]) => text)
    expect(texts).toContainEqual(expect.stringContaining('"type":"next"'))
    expect(texts.filter((text) => text.startsWith('{"data"'))).toEqual([])
  })
})
