import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { record } from '../../store/support/fixture.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { HOSTILE_REQUESTS, postHostile } from '../../support/hostile-requests.ts'

/** Long enough to say what is wrong, and no echo of what was sent. */
const MAX_ANSWER = 10_000

async function expectToGoOnServing({ url, logged }: RunningApi): Promise<void> {
  expect(await dataOf(url, '{ countries { name } }')).toEqual({ countries: [{ name: 'France' }] })
  expect(logged).toEqual([])
}

it('refuses each over HTTP with its status and code, and continues to serve', async () => {
  const api = await startApi([record('France/Lyon/r1')])
  const answers = []
  for (const { name, body } of HOSTILE_REQUESTS) {
    const { status, text } = await postHostile(api.url, body)
    expect([name, text.length < MAX_ANSWER]).toEqual([name, true])
    answers.push({ name, status, code: JSON.parse(text).errors?.[0].extensions.code })
  }
  expect(answers).toEqual(HOSTILE_REQUESTS.map(({ name, status, code }) => ({ name, status, code })))
  await expectToGoOnServing(api)
})

it('refuses each over WebSocket with its code, and continues with the same socket', async () => {
  const api = await startApi([record('France/Lyon/r1')])
  const socket = new WebSocket(api.url.replace('http', 'ws'), 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  await once(socket, 'message')
  const received: { id: string; type: string; payload: unknown }[] = []
  const completed = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data))
      received.push(message)
      if (message.type === 'complete' && message.id === 'last') resolve()
    })
  })
  // What else there is, is refused before anybody sees an operation in it.
  const operations = HOSTILE_REQUESTS.filter(
    ({ body, status }) => typeof body === 'string' && body.startsWith('{') && status !== 413,
  )
  const subscribe = (id: string, payload: string) =>
    socket.send(`{"id":${JSON.stringify(id)},"type":"subscribe","payload":${payload}}`)
  for (const { name, body } of operations) subscribe(name, String(body))
  subscribe('last', '{"query":"{ countries { name } }"}')
  await completed
  expect(codesByName(received)).toEqual(Object.fromEntries(operations.map(({ name, code }) => [name, code])))
  expect(received).toContainEqual({
    id: 'last',
    type: 'next',
    payload: { data: { countries: [{ name: 'France' }] } },
  })
  await expectToGoOnServing(api)
})

it('closes a WebSocket that sends 5 MB at once, and continues to serve', async () => {
  const api = await startApi([record('France/Lyon/r1')])
  const socket = new WebSocket(api.url.replace('http', 'ws'), 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  await once(socket, 'message')
  socket.send('x'.repeat(5_000_000))
  const [code] = await once(socket, 'close')
  expect(code).toBe(1009)
  expect(await dataOf(api.url, '{ countries { name } }')).toEqual({ countries: [{ name: 'France' }] })
})

/** Of what is wrong with the operation itself, and of what shows once it is to be run. */
function codesByName(messages: readonly { id: string; type: string; payload: unknown }[]) {
  const codes: Record<string, unknown> = {}
  for (const { id, type, payload } of messages) {
    if (id === 'last' || (type !== 'error' && type !== 'next')) continue
    const errors = type === 'error' ? payload : (payload as { errors: unknown }).errors
    codes[id] = (errors as { extensions: { code: unknown } }[])[0]?.extensions.code
  }
  return codes
}
