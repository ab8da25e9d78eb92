import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { startApi } from '../../support/api-server.ts'

it('logs a few faults of a WebSocket client with its address and without a stack, and counts the rest', async () => {
  const { url, logged, server } = await startApi([])
  const broken = 30
  for (let count = 0; count < broken; count += 1) {
    const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws')
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    const closed = once(socket, 'close')
    socket.on('error', () => undefined)
    // A frame with a reserved bit set (RFC 6455 section 5.2), and masked as those of clients are.
    Reflect.get(socket, '_socket').write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0]))
    await closed
  }
  await server.close()
  const lines = logged.filter(({ msg }) => msg === 'a WebSocket client broke the protocol')
  expect(lines).toHaveLength(5)
  expect(lines[0]).toMatchObject({
    address: '127.0.0.1',
    reason: expect.stringMatching(/^Invalid WebSocket frame/),
  })
  expect(JSON.stringify(logged)).not.toContain('node_modules')
  expect(logged.at(-1)).toMatchObject({ leftOut: broken - 5, clients: 1, addresses: ['127.0.0.1'] })
})
