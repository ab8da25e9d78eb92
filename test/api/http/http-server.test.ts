import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createLimitedServer } from '../../../src/api/http/http-server.ts'
import { Connections } from '../../../src/api/limits/connections.ts'

/** More than the buffers of both ends of a connection take. */
const LARGE = Buffer.alloc(64 * 1024 * 1024, 'x')

/** A client that has sent a request and reads nothing. */
async function asked(stalledMs: number, listener: RequestListener) {
  const server = createLimitedServer(new Connections(10), listener, { stalledMs })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  client.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
  return client
}

it('cuts off a client that does not read its answer', async () => {
  const { promise: cutOff, resolve } = Promise.withResolvers<boolean>()
  await asked(100, (_request, response) => {
    response.once('close', () => resolve(!response.writableFinished))
    response.end(LARGE)
  })
  expect(await cutOff).toBe(true)
})

it('keeps a client that waits for its answer or reads it slowly', async () => {
  const stalledMs = 2_000
  const client = await asked(stalledMs, (_request, response) => {
    // Idle for longer than an answer may be stuck.
    setTimeout(() => response.end(LARGE), stalledMs + 200)
  })
  let bytes = 0
  for await (const chunk of client) bytes += chunk.length
  expect(bytes).toBeGreaterThan(LARGE.length)
})
