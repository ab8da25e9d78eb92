import { once } from 'node:events'
import { Agent } from 'node:http'
import { createClient } from 'graphql-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { newRefresh, record } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { type Answer, ask, dataOf, post } from '../../support/graphql-answer.ts'
import { postHostile } from '../../support/hostile-requests.ts'
import { nextOf, overSse } from '../../support/subscribers.ts'

const CHAIN = 'fragment F on Site { country { ...G } } fragment G on Country { summary { devices } }'
const START = 'startRefresh(input: {}) { started }'

describe('an operation', () => {
  it('may be as large as its limits and no larger', async () => {
    const { url } = await startApi([], { limits: { depth: 4, aliases: 2, tokens: 60, cost: 1_000 } })
    const page = 'query ($n: Int!) { devices(first: $n) { nodes { name } } }'
    const cases: [query: string, refusal: string | null, variables?: object][] = [
      ['{ site(name: "x") { country { summary { devices } } } }', null],
      [
        '{ device(name: "x") { site { country { summary { devices } } } } }',
        'The operation is 5 fields deep, and at most 4 are allowed; nest it less.',
      ],
      [`{ site(name: "x") { ...F } } ${CHAIN}`, null],
      [
        `{ device(name: "x") { site { ...F } } } ${CHAIN}`,
        'The operation is 5 fields deep, and at most 4 are allowed; nest it less.',
      ],
      ['{ a: __typename b: __typename __typename }', null],
      [
        '{ a: __typename b: __typename ...F } fragment F on Query { c: __typename }',
        'The operation has 3 aliases, and at most 2 are allowed; use filters or several requests.',
      ],
      [`{ ${'__typename '.repeat(58)}}`, null],
      [
        `{ ${'__typename '.repeat(59)}}`,
        'The document has 61 tokens, and at most 60 are allowed; send lists as variables, and ask for less at once.',
      ],
      [`# ${'x'.repeat(1_183)}\n{ __typename }`, null],
      [
        `# ${'x'.repeat(1_184)}\n{ __typename }`,
        'The document has 1201 characters, and at most 1200 are allowed; send values as variables, and ask for less at once.',
      ],
      [page, null, { n: 908 }],
      [
        page,
        'The operation costs 1001, and at most 1000 is allowed; ask for smaller pages, fewer lists within lists, or fewer fields.',
        { n: 909 },
      ],
    ]
    for (const [query, refusal, variables] of cases) {
      const response = await post(url, query, variables)
      const { errors } = (await response.json()) as Answer
      const found = { query, status: response.status, message: errors?.[0]?.message ?? null }
      expect(found).toEqual({ query, status: refusal === null ? 200 : 400, message: refusal })
      if (errors) expect(errors[0]?.extensions.code).toBe('QUERY_TOO_COMPLEX')
    }
    const { errors } = await ask(url, page, { n: 909 })
    expect(errors?.[0]?.extensions).toEqual({
      code: 'QUERY_TOO_COMPLEX',
      cost: { requested: 1_001, limit: 1_000 },
    })
  })

  it('gets its cost if the request asks for it', async () => {
    const { url } = await startApi([record('France/Lyon/r1')])
    const answerTo = async (extensions: object) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ country(name: "France") { name } }', extensions }),
      })
      return await response.json()
    }
    const data = { country: { name: 'France' } }
    const extensions = { cost: { requested: 2, limit: 150_000 } }
    expect(await answerTo({ cost: true })).toEqual({ data, extensions })
    // Also of an answer that is kept.
    expect(await answerTo({ cost: true })).toEqual({ data, extensions })
    expect(await answerTo({ cost: false })).toEqual({ data })
    expect(await answerTo({})).toEqual({ data })
    const client = createClient({
      url: url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    })
    onTestFinished(() => void client.dispose())
    const overWebSocket = client.iterate({
      query: '{ country(name: "France") { name } }',
      extensions: { cost: true },
    })
    expect((await overWebSocket.next()).value).toEqual({ data, extensions })
  })
})

describe('mutations that start work', () => {
  it('are limited per minute', async () => {
    const { url } = await startApi([], { limits: { mutationsPerMinute: 2 } })
    const tooMany = await post(url, `mutation { a: ${START} b: ${START} c: ${START} }`)
    expect(tooMany.status).toBe(429)
    const seconds = Number(tooMany.headers.get('retry-after'))
    const { errors, data } = (await tooMany.json()) as Answer
    expect(data).toBeUndefined()
    expect(errors).toEqual([
      {
        message: `You have sent more than 2 such mutations within a minute; try again in ${seconds} s.`,
        extensions: { code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) },
      },
    ])
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(60)
    expect(await dataOf(url, '{ refreshes { totalCount } }')).toEqual({ refreshes: { totalCount: 0 } })
  })

  it('are counted by operation; other mutations are not counted', async () => {
    const { url, store } = await startApi([], { limits: { mutationsPerMinute: 2 } })
    await newRefresh(store)
    const codeOf = async (mutation: string) =>
      (await ask(url, `mutation { ${mutation} }`)).errors?.[0]?.extensions.code
    const cancel = `cancelRefresh(id: "${Buffer.from('Refresh:1').toString('base64url')}") { refresh { id } }`
    expect(await codeOf(START)).toBeUndefined()
    expect(await codeOf('syncInventory { plans { id } }')).toBeUndefined()
    expect(await codeOf(START)).toBe('RATE_LIMITED')
    expect(await codeOf('resumeCredential(name: "x") { credential { name } }')).toBe('RATE_LIMITED')
    expect(await codeOf(cancel)).toBeUndefined()
  })
})

describe('a stored text', () => {
  it('is limited to what a person would write', async () => {
    const { url, store } = await startApi([record('France/Lyon/r1')])
    const decommission =
      'mutation ($reason: String) { decommissionDevice(id: "RGV2aWNlOjE", reason: $reason) { device { lifecycle } } }'
    const { errors } = await ask(url, decommission, { reason: 'x'.repeat(1_001) })
    expect(errors).toEqual([
      expect.objectContaining({
        message: '`reason` has 1001 characters, and at most 1000 are allowed; shorten it.',
        extensions: { code: 'BAD_USER_INPUT' },
      }),
    ])
    expect(await store.changes.count({ deviceId: 1 })).toBe(1)
    await dataOf(url, decommission, { reason: 'x'.repeat(1_000) })
  })
})

describe('the time limit', () => {
  it('ends a query, and does not apply to mutations and subscriptions', async () => {
    const { url, store, logged } = await startApi([record('France/Lyon/r1')], {
      limits: { requestTimeMs: 0 },
    })
    const response = await post(url, '{ countries { name } }')
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        errors: [
          {
            message: 'The query took longer than 0 s and was aborted; ask for less at once, in pages.',
            extensions: { code: 'QUERY_TOO_COMPLEX' },
          },
        ],
      },
    ])
    await newRefresh(store)
    const id = Buffer.from('Refresh:1').toString('base64url')
    const progress = `subscription { refreshProgress(refreshId: "${id}") { state } }`
    expect(await nextOf(overSse(url).subscribe(progress))).toEqual({ refreshProgress: { state: 'QUEUED' } })
    const cancel = `mutation { cancelRefresh(id: "${id}") { refresh { state } } }`
    expect(await dataOf(url, cancel)).toEqual({ cancelRefresh: { refresh: { state: 'QUEUED' } } })
    expect(logged).toEqual([])
  })
})

describe('a WebSocket', () => {
  it('has at most a hundred operations under way, and accepts another after one ends', async () => {
    const { url } = await startApi([])
    const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws')
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    const send = (message: object) => socket.send(JSON.stringify(message))
    const received = async () => JSON.parse(String((await once(socket, 'message'))[0]))
    send({ type: 'connection_init' })
    expect(await received()).toEqual({ type: 'connection_ack' })
    const follow = (id: string) =>
      send({ id, type: 'subscribe', payload: { query: 'subscription { refreshes { id } }' } })
    for (let index = 1; index <= 101; index += 1) follow(String(index))
    expect(await received()).toMatchObject({
      id: '101',
      type: 'error',
      payload: [{ extensions: { code: 'RATE_LIMITED' } }],
    })
    send({ id: '1', type: 'complete' })
    follow('102')
    follow('103')
    expect(await received()).toMatchObject({ id: '103', type: 'error' })
  })
})

describe('a request', () => {
  it('that is too large is answered, and its connection stays open', async () => {
    const { url, server } = await startApi([], { limits: { requestBytes: 20_000 } })
    const body = JSON.stringify({ query: `{ __typename } # ${'x'.repeat(5_000_000)}` })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await postHostile(url, body, agent)).toMatchObject({ status: 413 })
    }
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })
})
