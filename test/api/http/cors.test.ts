import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { Origins } from '../../../src/api/http/origins.ts'
import { newRefresh } from '../../store/support/fixture.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { post } from '../../support/graphql-answer.ts'

const ALLOWED = 'https://noc.example.org'
const OTHER = 'https://evil.example'
const PATHS = [
  '/graphql',
  '/export/hierarchy.json',
  '/export/devices.ndjson',
  '/healthz',
  '/readyz',
  '/metrics',
  '/',
]

function start(): Promise<RunningApi> {
  return startApi([], { server: { cors: [ALLOWED] } })
}

function accessHeaders({ headers }: Response): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control')))
}

describe('a page of an allowed site', () => {
  it('may send a preflight request', async () => {
    const { server } = await start()
    for (const path of PATHS) {
      const preflight = await fetch(`${server.url}${path}`, {
        method: 'OPTIONS',
        headers: { origin: ALLOWED, 'access-control-request-method': 'POST' },
      })
      expect([preflight.status, await preflight.text()]).toEqual([204, ''])
      expect(accessHeaders(preflight)).toEqual({
        'access-control-allow-origin': ALLOWED,
        'access-control-allow-methods':
          path === '/graphql' ? 'GET, HEAD, POST, OPTIONS' : 'GET, HEAD, OPTIONS',
        'access-control-allow-headers': 'authorization, content-type, if-none-match',
        'access-control-max-age': '7200',
        'access-control-expose-headers': 'etag, retry-after',
      })
      expect(preflight.headers.get('vary')).toContain('Origin')
    }
  })

  it('may read answers to POST and GET, events, and exports', async () => {
    const { server, url, store } = await start()
    await newRefresh(store)
    await store.refreshes.update(1, { state: 'COMPLETED', finishedAt: 6_000 })
    const id = Buffer.from('Refresh:1').toString('base64url')
    const headers = { origin: ALLOWED }
    const answers = await Promise.all([
      post(url, '{ gateway { version } }', {}, headers),
      post(url, '{ planets }', {}, headers),
      fetch(`${url}?query={gateway{version}}`, { headers }),
      post(
        url,
        `subscription { refreshProgress(refreshId: "${id}") { state } }`,
        {},
        {
          ...headers,
          accept: 'text/event-stream',
        },
      ),
      fetch(`${server.url}/export/hierarchy.json`, { headers }),
      fetch(`${server.url}/nothing`, { headers }),
    ])
    for (const answer of answers) {
      expect(accessHeaders(answer)).toEqual({
        'access-control-allow-origin': ALLOWED,
        'access-control-expose-headers': 'etag, retry-after',
      })
      expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/)
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      await answer.text()
    }
  })

  it.each([
    [ALLOWED, 'open'],
    [OTHER, 'Unexpected server response: 403'],
    ['https://noc.example.org.evil.example', 'Unexpected server response: 403'],
    ['http://noc.example.org', 'Unexpected server response: 403'],
    ['https://noc.example.org:8443', 'Unexpected server response: 403'],
  ])('may open a WebSocket: %s, %s', async (origin, expected) => {
    const { url } = await start()
    const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', { headers: { origin } })
    onTestFinished(() => socket.terminate())
    const outcome = await Promise.race([
      once(socket, 'open').then(() => 'open'),
      new Promise((resolve) => socket.once('error', (error) => resolve(error.message))),
    ])
    expect(outcome).toBe(expected)
  })
})

describe('a page of another site', () => {
  it('is refused at every path and gets no CORS headers', async () => {
    const { server } = await start()
    for (const path of PATHS) {
      for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
        const answer = await fetch(`${server.url}${path}`, { method, headers: { origin: OTHER } })
        expect([path, method, answer.status, accessHeaders(answer)]).toEqual([path, method, 403, {}])
      }
    }
  })
})

describe('if a token is needed', () => {
  it('a preflight request needs none, and the page may read the refusal', async () => {
    const { url } = await startApi([], { auth: { mode: 'tokens' }, server: { cors: ['*'] } })
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: OTHER, 'access-control-request-method': 'POST' },
    })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, OTHER])
    const refused = await post(url, '{ gateway { version } }', {}, { origin: OTHER })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, OTHER])
  })

  it('the server may have any host name', async () => {
    const { url } = await startApi([], { auth: { mode: 'tokens' } })
    // Not fetch, which sets the header itself.
    const status = await new Promise((resolve, reject) => {
      const host = 'rollcall.example.org'
      const headers = { host, origin: `https://${host}`, 'content-type': 'application/json' }
      request(url, { method: 'POST', headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end('{"query":"{ gateway { version } }"}')
    })
    expect(status).toBe(401)
  })
})

describe('HEAD', () => {
  it('is answered at each path like GET, without a body', async () => {
    const { server } = await start()
    for (const path of [...PATHS, '/nothing']) {
      const [got, head] = await Promise.all(
        ['GET', 'HEAD'].map((method) => fetch(`${server.url}${path}`, { method, redirect: 'manual' })),
      )
      expect([path, head?.status, head?.headers.get('content-type')]).toEqual([
        path,
        got?.status,
        got?.headers.get('content-type'),
      ])
      expect(await head?.text()).toBe('')
    }
  })
})

describe('OPTIONS', () => {
  it('lists the methods of a path', async () => {
    const { server } = await start()
    const allowed = async (path: string) => {
      const answer = await fetch(`${server.url}${path}`, { method: 'OPTIONS' })
      return [answer.status, answer.headers.get('allow')]
    }
    expect(await allowed('/graphql')).toEqual([204, 'GET, HEAD, POST, OPTIONS'])
    expect(await allowed('/metrics')).toEqual([204, 'GET, HEAD, OPTIONS'])
    expect(await allowed('/nothing')).toEqual([404, null])
  })

  it('and other methods are refused with 405', async () => {
    const { server } = await start()
    for (const path of PATHS) {
      const answer = await fetch(`${server.url}${path}`, { method: 'DELETE' })
      expect([path, answer.status]).toEqual([path, 405])
      expect(answer.headers.get('allow')).toContain('GET')
    }
  })
})

describe('a connection', () => {
  it('serves one request after another, whether they succeed or fail', async () => {
    const { server } = await start()
    const socketOf = (method: string, path: string) =>
      new Promise((resolve, reject) => {
        const headers = { connection: 'keep-alive', 'content-type': 'application/json' }
        const sent = request(`${server.url}${path}`, { method, headers, agent: keptAlive }, (response) => {
          response.resume().once('end', () => resolve(response.socket))
        })
        sent.once('error', reject).end(method === 'POST' ? '{' : undefined)
      })
    const keptAlive = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => keptAlive.destroy())
    const sockets = [
      await socketOf('GET', '/healthz'),
      await socketOf('POST', '/graphql'),
      await socketOf('HEAD', '/graphql?query={__typename}'),
      await socketOf('OPTIONS', '/graphql'),
      await socketOf('GET', '/nothing'),
    ]
    expect(new Set(sockets).size).toBe(1)
  })
})

describe('the sender of a request', () => {
  it.each([
    // Without tokens: only names of loopback addresses are the server's own.
    [false, [], { host: 'localhost:4000' }, 'own'],
    [false, [], { host: '[::1]:4000', origin: 'http://[::1]:4000' }, 'own'],
    [false, [], { host: 'evil.example:4000', origin: 'http://evil.example:4000' }, 'refused'],
    [false, [], { host: 'localhost:4000', origin: 'http://localhost:5173' }, 'refused'],
    [
      false,
      ['http://localhost:5173'],
      { host: 'localhost:4000', origin: 'http://localhost:5173' },
      'allowed',
    ],
    [false, ['loopback'], { host: 'localhost:4000', origin: 'http://localhost:5173' }, 'allowed'],
    [false, ['loopback'], { host: 'localhost:4000', origin: 'http://127.0.0.1:8080' }, 'allowed'],
    [false, ['loopback'], { host: 'localhost:4000', origin: 'https://[::1]' }, 'allowed'],
    [false, ['loopback'], { host: 'localhost:4000', origin: 'http://localhost.evil.example' }, 'refused'],
    [false, ['loopback'], { host: 'localhost:4000', origin: 'null' }, 'refused'],
    [false, ['loopback'], { host: 'evil.example:4000', origin: 'http://localhost:5173' }, 'refused'],
    [false, ['http://localhost:5173'], { host: 'evil.example', origin: 'http://localhost:5173' }, 'refused'],
    [false, [], { host: 'localhost:4000', origin: 'null' }, 'refused'],
    // With tokens: it may have any name, as behind a proxy.
    [true, [], { host: 'rollcall.example.org', origin: 'https://rollcall.example.org' }, 'own'],
    [true, [], { host: '192.0.2.7:4000' }, 'own'],
    [true, [], { host: 'rollcall.example.org', origin: 'https://other.example.org' }, 'refused'],
    [true, ['*'], { host: 'rollcall.example.org', origin: 'https://other.example.org' }, 'allowed'],
    [true, [], { host: '' }, 'refused'],
    [true, [], { host: 'a b' }, 'refused'],
  ] as const)('with any host %s and %j: %j is %s', (anyHost, allowed, headers, expected) => {
    expect(new Origins({ allowed, anyHost }).senderOf({ headers })).toBe(expected)
  })
})
