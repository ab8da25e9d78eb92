import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type RunningApi, startApi } from '../../support/api-server.ts'

const SWITCHING = /^HTTP\/1.1 101 /
const INIT = '{"type":"connection_init"}'
const UPGRADE = [
  'GET /graphql HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${'A'.repeat(22)}==`,
  'Sec-WebSocket-Protocol: graphql-transport-ws',
  '\r\n',
].join('\r\n')

async function opened({ url }: RunningApi): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

/** A connection of which nothing is known but that it is to be a WebSocket, and what the server says to that. */
async function asked({ url }: RunningApi): Promise<{ socket: Socket; answer: string }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.write(UPGRADE)
  const [answer] = await once(socket, 'data')
  return { socket, answer: String(answer) }
}

/** The first bytes of a frame with a text of a mebibyte. */
const HALF_A_FRAME = Buffer.alloc(40_000, 'x')
HALF_A_FRAME.set([0x81, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0])

describe('a WebSocket that is not authenticated', () => {
  it.each<[string, (socket: WebSocket) => void]>([
    ['a long message', (socket) => socket.send(`{"type":"ping","payload":{"x":"${'x'.repeat(33_000)}"}}`)],
    [
      'many messages',
      (socket) => times(400, () => socket.send(`{"type":"ping","payload":{"x":"${'x'.repeat(60)}"}}`)),
    ],
    ['many pings', (socket) => times(400, () => socket.ping('x'.repeat(100)))],
  ])('is closed if it sends %s', async (_what, send) => {
    const api = await startApi([])
    const socket = await opened(api)
    const closed = once(socket, 'close')
    socket.on('error', () => undefined)
    socket.pause()
    send(socket)
    socket.resume()
    // No closing handshake, for which it could go on.
    expect((await closed)[0]).toBe(1006)
    expect(api.logged).toEqual([])
  })

  it('is closed if it sends megabytes of operations, complete or not', async () => {
    const socket = await opened(await startApi([]))
    const closed = once(socket, 'close')
    socket.on('error', () => undefined)
    const operation = { type: 'subscribe', payload: { query: `{ ${'x'.repeat(5_000)} }` } }
    for (let id = 1; id <= 600; id += 1) socket.send(JSON.stringify({ id: String(id), ...operation }))
    expect([1006, 4401]).toContain((await closed)[0])
  })

  it('is closed if it sends much of a message', async () => {
    const { socket, answer } = await asked(await startApi([]))
    expect(answer).toMatch(SWITCHING)
    const closed = once(socket, 'close')
    socket.on('error', () => undefined)
    socket.write(HALF_A_FRAME)
    await closed
  })

  it('may send what authentication needs, and then as much as a request', async () => {
    const socket = await opened(await startApi([]))
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: 'x'.repeat(30_000) } }))
    expect(String((await once(socket, 'message'))[0])).toBe('{"type":"connection_ack"}')
    const payload = { x: 'x'.repeat(500_000) }
    socket.send(JSON.stringify({ type: 'ping', payload }))
    expect(JSON.parse(String((await once(socket, 'message'))[0]))).toEqual({ type: 'pong', payload })
  })

  it('is closed if it sends nothing for three seconds', async () => {
    const socket = await opened(await startApi([]))
    expect((await once(socket, 'close'))[0]).toBe(4408)
  })

  it('is one of at most a thousand: the oldest is closed for the next', async () => {
    const api = await startApi([])
    const admitted = await opened(api)
    admitted.send(INIT)
    await once(admitted, 'message')
    const oldest = await opened(api)
    const isGone = once(oldest, 'close')
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => asked(api)))
    expect(sockets.filter(({ answer }) => !SWITCHING.test(answer))).toEqual([])
    await isGone
    const next = await opened(api)
    next.send(INIT)
    expect(String((await once(next, 'message'))[0])).toBe('{"type":"connection_ack"}')
    admitted.send('{"type":"ping"}')
    expect(String((await once(admitted, 'message'))[0])).toBe('{"type":"pong"}')
  })
})

function times(count: number, act: () => void): void {
  for (let time = 0; time < count; time += 1) act()
}
