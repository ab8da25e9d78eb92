import { once } from 'node:events'
import { connect } from 'node:net'
import { createClient } from 'graphql-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { newRefresh, record } from '../../store/support/fixture.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { countListeners } from '../../support/subscribers.ts'

const PROTOCOL = 'graphql-transport-ws'
const REFRESH = Buffer.from('Refresh:1').toString('base64url')
const PROGRESS = `subscription { refreshProgress(refreshId: "${REFRESH}") { state } }`

function webSocketUrl({ url }: RunningApi): string {
  return url.replace('http', 'ws')
}

/** A connection on which the protocol has begun. */
async function connected(api: RunningApi): Promise<WebSocket> {
  const socket = new WebSocket(webSocketUrl(api), PROTOCOL)
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  expect(await received(socket)).toEqual({ type: 'connection_ack' })
  return socket
}

async function received(socket: WebSocket): Promise<unknown> {
  const [message] = await once(socket, 'message')
  return JSON.parse(String(message))
}

async function closeCode(socket: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = await once(socket, 'close')
  return { code, reason: String(reason) }
}

describe('GraphQL over WebSocket', () => {
  it('serves queries, mutations and subscriptions', async () => {
    const api = await startApi([record('France/Lyon/r1')])
    const client = createClient({ url: webSocketUrl(api), webSocketImpl: WebSocket, retryAttempts: 0 })
    onTestFinished(() => void client.dispose())
    const query = client.iterate({ query: '{ countries { name } }' })
    expect((await query.next()).value).toEqual({ data: { countries: [{ name: 'France' }] } })
    const mutation = client.iterate({ query: 'mutation { startRefresh(input: {}) { started } }' })
    expect((await mutation.next()).value).toEqual({ data: { startRefresh: { started: true } } })
  })

  it.each([
    ['{ countries ', 'error', 'Syntax Error: Expected Name, found <EOF>.'],
    ['{ planets }', 'error', 'Cannot query field "planets" on type "Query".'],
    ['subscription { refreshProgress(refreshId: 1.5) { state } }', 'error', 'ID cannot represent'],
    ['fragment F on Country { name }', 'error', 'Fragment "F" is never used.'],
    ['query ($n: Int!) { devices(first: $n) { totalCount } }', 'next', 'Variable "$n" has invalid value'],
  ])('refuses %s with only the code', async (query, type, message) => {
    const socket = await connected(await startApi([]))
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
    const answer = (await received(socket)) as { payload: object }
    const errors = 'errors' in answer.payload ? answer.payload.errors : answer.payload
    expect(answer).toMatchObject({ id: '1', type })
    expect(errors).toEqual([
      expect.objectContaining({
        message: expect.stringContaining(message),
        extensions: { code: 'BAD_USER_INPUT' },
      }),
    ])
  })

  it('refuses an operation that the document does not have', async () => {
    const socket = await connected(await startApi([]))
    const payload = { query: 'query A { countries { name } }', operationName: 'B' }
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }))
    expect(await received(socket)).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    })
  })

  it('treats an empty operation name as none', async () => {
    const socket = await connected(await startApi([]))
    const payload = { query: 'query A { countries { name } }', operationName: '' }
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }))
    expect(await received(socket)).toEqual({ id: '1', type: 'next', payload: { data: { countries: [] } } })
  })

  it('reports an internal error only by an id', async () => {
    const api = await startApi([])
    const socket = await connected(api)
    await api.store.close()
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: PROGRESS } }))
    const answer = await received(socket)
    const [line] = api.logged
    expect(line).toMatchObject({ msg: 'a request failed', err: { stack: expect.any(String) } })
    expect(answer).toEqual({
      id: '1',
      type: 'error',
      payload: [
        {
          message: `Rollcall failed with an internal error; its log has more under ${line?.errorId}.`,
          extensions: { code: 'INTERNAL_SERVER_ERROR', errorId: line?.errorId },
        },
      ],
    })
    expect(api.logged).toHaveLength(1)
  })

  it.each([
    ['something that is not JSON', 'hello', 4400],
    [
      'an operation before the protocol has begun',
      '{"id":"1","type":"subscribe","payload":{"query":"{ __typename }"}}',
      4401,
    ],
  ])('closes on %s', async (_what, message, code) => {
    const api = await startApi([])
    const socket = new WebSocket(webSocketUrl(api), PROTOCOL)
    await once(socket, 'open')
    const closed = closeCode(socket)
    socket.send(message)
    expect((await closed).code).toBe(code)
    expect(await dataOf(api.url, '{ countries { name } }')).toEqual({ countries: [] })
  })

  it('closes on a message of more than a mebibyte', async () => {
    const api = await startApi([])
    const socket = await connected(api)
    const closed = closeCode(socket)
    socket.send('x'.repeat(1024 * 1024 + 1))
    expect((await closed).code).toBe(1009)
    expect(await dataOf(api.url, '{ countries { name } }')).toEqual({ countries: [] })
  })

  it.each([
    ['a page of another site', '/graphql', { origin: 'http://evil.example' }, 403],
    ['another path', '/other', {}, 400],
  ])('refuses %s', async (_what, path, headers, status) => {
    const { server } = await startApi([])
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, PROTOCOL, { headers })
    const [error] = await once(socket, 'error')
    expect(error.message).toBe(`Unexpected server response: ${status}`)
  })

  it('serves a page of this server', async () => {
    const api = await startApi([])
    const socket = new WebSocket(webSocketUrl(api), PROTOCOL, { headers: { origin: api.server.url } })
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    expect(socket.protocol).toBe(PROTOCOL)
  })

  it('closes with code 1001 when the server closes', async () => {
    const api = await startApi([])
    await newRefresh(api.store)
    const listeners = countListeners(api.refreshes.events)
    const socket = await connected(api)
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: PROGRESS } }))
    expect(await received(socket)).toEqual({
      id: '1',
      type: 'next',
      payload: { data: { refreshProgress: { state: 'QUEUED' } } },
    })
    const closed = closeCode(socket)
    await api.server.close()
    expect(await closed).toEqual({ code: 1001, reason: 'Rollcall is stopping.' })
    await listeners.reach(0)
    expect(api.logged).toEqual([])
  })

  it('does not delay the end of the server if the client no longer answers', async () => {
    const api = await startApi([])
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.write(
      `GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\nSec-WebSocket-Protocol: ${PROTOCOL}\r\n\r\n`,
    )
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 101 /)
    const cut = once(socket, 'close')
    await api.server.close()
    await cut
  })
})
