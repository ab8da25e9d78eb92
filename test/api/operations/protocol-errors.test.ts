import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createClient } from 'graphql-sse'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { ServerSentEvents } from '../../../src/api/http/server-sent-events.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { post } from '../../support/graphql-answer.ts'

const PROTOCOL = 'graphql-transport-ws'
const INIT = '{"type":"connection_init"}'
const FOLLOW = { query: 'subscription { refreshes { state } }' }

describe('a request for an event stream', () => {
  it('gets its error as an event', async () => {
    const { url } = await startApi([])
    const client = createClient({ url, retryAttempts: 0 })
    onTestFinished(() => client.dispose())
    for (const request of [
      { query: 'subscription { planets }' },
      { query: 'subscription { ' },
      { query: 'subscription { refreshProgress(refreshId: "x") { state } }' },
      { query: 'subscription ($id: ID!) { refreshProgress(refreshId: $id) { state } }' },
      { query: 'subscription A { refreshes { state } } subscription B { refreshes { state } }' },
      { query: 'subscription A { refreshes { state } }', operationName: 'B' },
      { query: 'subscription { refreshes { state } refreshes { id } deviceChanges { id } }' },
      { query: '' },
    ]) {
      const events: unknown[] = []
      for await (const event of client.iterate(request)) events.push(event)
      expect(events).toEqual([
        { errors: [expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } })] },
      ])
    }
  })

  it('leaves nothing behind if nobody reads the answer', async () => {
    const { url, logged } = await startApi([])
    const ended = vi.spyOn(ServerSentEvents.prototype, '_destroy')
    onTestFinished(() => ended.mockRestore())
    await post(url, FOLLOW.query, {}, { accept: 'application/json' })
    expect(ended).toHaveBeenCalledTimes(1)
    await fetch(`${url}?${new URLSearchParams(FOLLOW)}`, {
      method: 'HEAD',
      headers: { accept: 'text/event-stream' },
    })
    expect(ended).toHaveBeenCalledTimes(2)
    const left = new AbortController()
    await fetch(`${url}?${new URLSearchParams(FOLLOW)}`, {
      headers: { accept: 'text/event-stream' },
      signal: left.signal,
    })
    left.abort()
    await expect.poll(() => ended).toHaveBeenCalledTimes(3)
    expect(logged).toEqual([])
  })

  it.each([
    ['multipart/mixed;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9', 406],
    ['multipart/mixed;subscriptionSpec=1.0,application/json', 200],
    ['application/json', 200],
    ['multipart/mixed', 406],
    ['text/html', 406],
  ])(
    'must accept it: a subscription that accepts %s is refused with an explanation',
    async (accept, status) => {
      const { url } = await startApi([])
      const response = await post(url, FOLLOW.query, {}, { accept })
      const type = accept.includes('graphql-response') ? 'graphql-response+json' : 'json'
      expect(response.headers.get('content-type')).toBe(`application/${type}; charset=utf-8`)
      expect([response.status, await response.json()]).toEqual([
        status,
        {
          errors: [
            { message: expect.stringContaining('text/event-stream'), extensions: { code: 'BAD_USER_INPUT' } },
          ],
        },
      ])
    },
  )
})

describe('an event stream', () => {
  it('is kept alive while nothing happens, even after its client was slow to read', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const { promise: nothing } = Promise.withResolvers<never>()
    const stream = new ServerSentEvents(
      (async function* () {
        yield { data: { n: 1 } }
        await nothing
      })(),
    )
    onTestFinished(() => void stream.destroy())
    const read = async () => String((await once(stream, 'data'))[0])
    expect(await read()).toBe(':\n\n')
    stream.pause()
    vi.advanceTimersByTime(120_000)
    const event = read()
    stream.resume()
    expect(await event).toBe('event: next\ndata: {"data":{"n":1}}\n\n')
    // One for each time until the next event, and none that had piled up.
    await nextTurn()
    for (let round = 0; round < 3; round += 1) {
      const comment = read()
      vi.advanceTimersByTime(12_000)
      expect(await comment).toBe(':\n\n')
    }
  })
})

describe('the protocol over WebSocket', () => {
  async function opened({ url }: RunningApi): Promise<WebSocket> {
    const socket = new WebSocket(url.replace('http', 'ws'), PROTOCOL)
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    return socket
  }

  it('has pings and pongs of its own and those of WebSocket', async () => {
    const socket = await opened(await startApi([]))
    socket.send(INIT)
    expect(String((await once(socket, 'message'))[0])).toBe('{"type":"connection_ack"}')
    socket.send('{"type":"ping","payload":{"n":1}}')
    expect(JSON.parse(String((await once(socket, 'message'))[0]))).toEqual({
      type: 'pong',
      payload: { n: 1 },
    })
    socket.ping('here')
    expect(String((await once(socket, 'pong'))[0])).toBe('here')
  })

  it.each([
    ['is bytes', [Buffer.from(INIT)], 4400],
    ['is bytes that are no UTF-8', [Buffer.from('{"type":"ping","payload":{"a":"\xff"}}', 'latin1')], 4400],
    ['is no message of the protocol', ['{"type":"start"}'], 4400],
    ['begins what has begun', [INIT, INIT], 4429],
  ])('closes the socket if a message %s', async (_what, messages, code) => {
    const api = await startApi([])
    const socket = await opened(api)
    const closed = once(socket, 'close')
    for (const message of messages) socket.send(message)
    expect((await closed)[0]).toBe(code)
    expect(api.logged).toEqual([])
  })

  it('closes the socket if an operation has the id of a running one', async () => {
    const socket = await opened(await startApi([]))
    const closed = once(socket, 'close')
    socket.send(INIT)
    await once(socket, 'message')
    for (const _ of [1, 2]) socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: FOLLOW }))
    expect((await closed)[0]).toBe(4409)
  })

  it('closes the socket if a text is not UTF-8', async () => {
    const api = await startApi([])
    const socket = await opened(api)
    const closed = once(socket, 'close')
    socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false })
    expect((await closed)[0]).toBe(1007)
  })

  it('is used only if the client offers it', async () => {
    const { url } = await startApi([])
    const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-ws')
    const [error] = await once(socket, 'error')
    expect(error.message).toContain('Server sent no subprotocol')
  })
})
