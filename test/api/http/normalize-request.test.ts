import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type RunningApi, startApi } from '../../support/api-server.ts'

const QUERY = '/graphql?query=%7B__typename%7D'
const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${'A'.repeat(22)}==`,
  'Sec-WebSocket-Protocol: graphql-transport-ws',
]

/** The status line and the rest of what is answered to these lines. */
async function answered({ url }: RunningApi, ...lines: string[]): Promise<{ status: number; text: string }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  const text = String((await once(socket, 'data'))[0])
  return { status: Number(text.split(' ', 2)[1]), text }
}

describe('a request whose target has a scheme and a host', () => {
  it('is answered like one with a path, and its Host header is ignored', async () => {
    const api = await startApi([])
    for (const host of ['127.0.0.1', 'evil.example']) {
      const { status, text } = await answered(api, `GET http://localhost${QUERY} HTTP/1.1`, `Host: ${host}`)
      expect(status).toBe(200)
      expect(text).toContain('{"data":{"__typename":"Query"}}')
    }
    expect((await answered(api, 'GET HTTP://127.0.0.1/healthz HTTP/1.1', 'Host: x')).text).toContain('alive')
    const upgraded = await answered(api, 'GET http://[::1]/graphql HTTP/1.1', 'Host: x', ...UPGRADE)
    expect(upgraded.status).toBe(101)
  })

  it('is refused if that host is not accepted, whatever its Host header says', async () => {
    const api = await startApi([])
    const target = `GET http://evil.example${QUERY} HTTP/1.1`
    expect((await answered(api, target, 'Host: 127.0.0.1')).status).toBe(403)
    const upgrade = await answered(
      api,
      'GET http://evil.example/graphql HTTP/1.1',
      'Host: 127.0.0.1',
      ...UPGRADE,
    )
    expect(upgrade.status).toBe(403)
    expect((await answered(api, 'GET http://:99999/x HTTP/1.1', 'Host: 127.0.0.1')).status).toBe(400)
  })
})

it('a request with several Host headers is refused', async () => {
  const api = await startApi([])
  const two = ['Host: 127.0.0.1', 'host: localhost']
  const { status, text } = await answered(api, `GET ${QUERY} HTTP/1.1`, ...two)
  expect(status).toBe(400)
  expect(text).toContain('The request has several Host headers; send one.')
  expect((await answered(api, 'GET /graphql HTTP/1.1', ...two, ...UPGRADE)).status).toBe(400)
})

it('a refused WebSocket whose client resets the connection does no harm', async () => {
  const api = await startApi([])
  const { port } = new URL(api.url)
  const request = ['GET /graphql HTTP/1.1', 'Host: 127.0.0.1', 'Host: localhost', ...UPGRADE]
  for (let count = 0; count < 50; count += 1) {
    const socket = connect(Number(port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(`${request.join('\r\n')}\r\n\r\n`, () => socket.resetAndDestroy())
    await once(socket, 'close')
  }
  // An error that nobody listens for fails the test run.
  expect((await answered(api, 'GET /healthz HTTP/1.1', 'Host: 127.0.0.1')).text).toContain('alive')
})

describe('a request that the browser marks as coming from another site', () => {
  const BROWSER = ['Host: 127.0.0.1', 'Accept: text/html', 'Sec-Fetch-Mode: navigate']
  const IMAGE = ['Host: 127.0.0.1', 'Accept: image/*,*/*;q=0.8', 'Sec-Fetch-Mode: no-cors']

  it.each(['cross-site', 'same-site'])('is refused without an Origin: %s', async (site) => {
    const api = await startApi([])
    const from = `Sec-Fetch-Site: ${site}`
    for (const path of [QUERY, '/export/devices.ndjson', '/metrics', '/readyz', '/']) {
      expect((await answered(api, `GET ${path} HTTP/1.1`, ...IMAGE, from)).status).toBe(403)
    }
    // A link to GraphiQL, which asks for nothing by itself, is none of these.
    expect((await answered(api, 'GET /graphql HTTP/1.1', ...BROWSER, from)).status).toBe(200)
    expect((await answered(api, 'GET / HTTP/1.1', ...BROWSER, from)).status).toBe(302)
    expect((await answered(api, 'GET /metrics HTTP/1.1', ...BROWSER, from)).status).toBe(403)
  })

  it("is answered if a person typed the URL or this server's own page sent it", async () => {
    const api = await startApi([])
    for (const site of ['none', 'same-origin']) {
      const lines = [...IMAGE, `Sec-Fetch-Site: ${site}`]
      expect((await answered(api, `GET ${QUERY} HTTP/1.1`, ...lines)).status).toBe(200)
    }
  })
})
