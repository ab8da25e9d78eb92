import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { record } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { ask, dataOf, post } from '../../support/graphql-answer.ts'

const MEBIBYTE = 1024 * 1024

describe('the paths beside the API', () => {
  it.each([
    ['/healthz', 200, 'alive\n'],
    ['/healthz?from=kubelet', 200, 'alive\n'],
    ['/favicon.ico', 404, 'Nothing is served at this path; the API is at /graphql.\n'],
    ['/graphql/more', 404, 'Nothing is served at this path; the API is at /graphql.\n'],
  ])('%s is answered with %i', async (path, status, text) => {
    const { server } = await startApi([])
    const response = await fetch(`${server.url}${path}`)
    expect([response.status, await response.text()]).toEqual([status, text])
  })

  it('redirects a browser from / to GraphiQL', async () => {
    const { server } = await startApi([])
    const response = await fetch(server.url, { headers: { accept: 'text/html' } })
    expect(response.url).toBe(`${server.url}/graphql`)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await response.text()).toContain('GraphiQL')
  })

  it.each([
    [{ server: { graphiql: false } }, 'the configuration does not turn it on (server.graphiql)'],
    [{ server: { introspection: false } }, 'introspection is off (server.introspection)'],
  ])('say to a browser why there is no GraphiQL: %j', async (options, because) => {
    const { url } = await startApi([], options)
    const headers = { accept: 'text/html,*/*;q=0.8' }
    const response = await fetch(url, { headers })
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect([response.status, await response.text()]).toEqual([
      400,
      `This is the GraphQL API of Rollcall, which programs use. GraphiQL, the page to try queries on, is off because ${because}.\n`,
    ])
    const query = await fetch(`${url}?query={viewer{name}}`, { headers })
    expect(await query.json()).toEqual({ data: { viewer: { name: 'anonymous' } } })
  })

  it('is alive but not ready if the database is gone, and the log has the cause', async () => {
    const { server, store, logged } = await startApi([])
    await store.close()
    const ready = await fetch(`${server.url}/readyz`)
    expect([ready.status, await ready.json()]).toMatchObject([
      503,
      { ready: false, problems: ['The database cannot be read; the log says why.'] },
    ])
    expect(logged).toContainEqual(
      expect.objectContaining({
        msg: expect.stringContaining('not ready'),
        err: expect.objectContaining({ code: 'DATABASE_FAILED' }),
      }),
    )
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })
})

describe('GraphQL over HTTP', () => {
  it('answers a query by GET', async () => {
    const { url } = await startApi([record('France/Lyon/r1')])
    const query = 'query Country($name: String!) { country(name: $name) { name } }'
    const parameters = new URLSearchParams({ query, variables: JSON.stringify({ name: 'France' }) })
    const response = await fetch(`${url}?${parameters}`)
    expect([response.status, await response.json()]).toEqual([200, { data: { country: { name: 'France' } } }])
  })

  it.each([
    [
      'urql',
      'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
    ],
    [
      'Apollo Client',
      'multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9',
    ],
    ['Relay', '*/*'],
  ])('answers a query in one piece, even if the client accepts %s', async (_client, accept) => {
    const { url } = await startApi([])
    const response = await post(url, '{ gateway { __typename } }', {}, { accept })
    expect(response.headers.get('content-type')).toMatch(
      /^application\/(?:graphql-response\+)?json; charset=utf-8$/,
    )
    expect(await response.json()).toEqual({ data: { gateway: { __typename: 'Gateway' } } })
  })

  it('refuses a mutation by GET', async () => {
    const { url } = await startApi([])
    const parameters = new URLSearchParams({ query: 'mutation { startRefresh(input: {}) { started } }' })
    const response = await fetch(`${url}?${parameters}`)
    expect(response.status).toBe(405)
    expect(await response.json()).toMatchObject({
      errors: [
        {
          message: 'Can only perform a mutation operation from a POST request.',
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    })
    expect(await dataOf(url, '{ refreshes { totalCount } }')).toEqual({ refreshes: { totalCount: 0 } })
  })

  it.each([
    { what: 'a wrong method', init: { method: 'PUT' }, status: 405 },
    {
      what: 'a body that is too large',
      init: json(`{"query":"{ __typename }${' '.repeat(MEBIBYTE)}"}`),
      status: 413,
    },
    { what: 'a body that is not JSON', init: json('{"query":'), status: 400 },
    { what: 'a body that is no object', init: json('5'), status: 400 },
    { what: 'a body without a query', init: json('{}'), status: 400 },
    { what: 'a query that does not parse', init: json('{"query":"{ countries "}'), status: 400 },
    { what: 'a query for what is not there', init: json('{"query":"{ planets }"}'), status: 400 },
    { what: 'a query without what it needs', init: json('{"query":"{ country { name } }"}'), status: 400 },
    {
      what: 'an operation that is not there',
      init: json('{"query":"{ countries }","operationName":"X"}'),
      status: 400,
    },
    { what: 'several operations at once', init: json('[{"query":"{ countries }"}]'), status: 400 },
  ])('refuses $what with $status and one code', async ({ init, status }) => {
    const { url, logged } = await startApi([])
    const response = await fetch(url, {
      ...init,
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    })
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({
      errors: [expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } })],
    })
    expect(logged).toEqual([])
  })

  it('answers a client that offers HTTP/2', async () => {
    const { url } = await startApi([])
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const body = JSON.stringify({ query: '{ countries { name } }' })
    // As Java's client sends it with its first request.
    const head = [
      'POST /graphql HTTP/1.1',
      'Connection: Upgrade, HTTP2-Settings',
      `Content-Length: ${body.length}`,
      'Host: localhost',
      'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
      'Upgrade: h2c',
      'Content-Type: application/json',
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
    const [answer] = await once(socket, 'data')
    socket.destroy()
    expect(String(answer)).toMatch(/^HTTP\/1.1 200 .*\{"data":\{"countries":\[\]\}\}/s)
  })

  it('continues after a client disconnects in the middle of its request', async () => {
    const { server, url, logged } = await startApi([])
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write(
      'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
    )
    await new Promise<void>((resolve) => socket.end(() => resolve()))
    socket.destroy()
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    expect(await dataOf(url, '{ countries { name } }')).toEqual({ countries: [] })
    expect(logged).toEqual([])
  })

  it('reports an internal error only by an id, under which the log has the cause', async () => {
    const { url, store, logged } = await startApi([record('France/Lyon/r1')])
    await store.close()
    const { data, errors } = await ask(url, '{ country(name: "France") { name } }')
    expect(data).toEqual({ country: null })
    const errorId = errors?.[0]?.extensions.errorId
    expect(errors).toEqual([
      {
        message: `Rollcall failed with an internal error; its log has more under ${errorId}.`,
        locations: [{ line: 1, column: 3 }],
        path: ['country'],
        extensions: { code: 'INTERNAL_SERVER_ERROR', errorId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      },
    ])
    expect(logged).toEqual([
      expect.objectContaining({
        level: 50,
        msg: 'a request failed',
        errorId,
        path: ['country'],
        err: expect.objectContaining({
          message: expect.any(String),
          stack: expect.stringContaining('countryByName'),
        }),
      }),
    ])
  })
})

describe('a page of another site in the same browser', () => {
  it('may not read answers of the API', async () => {
    const { url } = await startApi([])
    for (const headers of [{}, { origin: new URL(url).origin }]) {
      const response = await post(url, '{ countries { name } }', {}, headers)
      expect(response.status).toBe(200)
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
    })
    expect(preflight.status).toBe(403)
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('may not use a host name of its own for this machine', async () => {
    const { url } = await startApi([])
    const { port } = new URL(url)
    // Not fetch, which sets the header itself.
    const answer = await new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        host: `evil.example:${port}`,
        origin: `http://evil.example:${port}`,
      }
      request(url, { method: 'POST', headers }, (response) => {
        text(response).then((body) => resolve([response.statusCode, body]), reject)
      })
        .on('error', reject)
        .end('{"query":"{ countries { name } }"}')
    })
    expect(answer).toEqual([
      403,
      `The Host header is "evil.example:${port}". Without authentication, use 127.0.0.1, [::1] or localhost, or set "auth.mode" to tokens or jwt.\n`,
    ])
  })

  it.each(['http://evil.example', 'http://localhost:1', 'null'])(
    'may not start a refresh with a form from %s',
    async (origin) => {
      const { url } = await startApi([])
      const body = new URLSearchParams({ query: 'mutation { startRefresh(input: {}) { started } }' })
      const response = await fetch(url, { method: 'POST', body, headers: { origin } })
      expect([response.status, await response.text()]).toEqual([
        403,
        'Pages of other sites may not use this API.\n',
      ])
      expect(await dataOf(url, '{ refreshes { totalCount } }')).toEqual({ refreshes: { totalCount: 0 } })
    },
  )
})

function json(body: string): RequestInit {
  return { method: 'POST', body }
}
