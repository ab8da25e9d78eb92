import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import Sqlite from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { record } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { type Answer, post } from '../../support/graphql-answer.ts'
import { HandClock } from '../../support/hand-clock.ts'
import { bearer, newToken } from '../../support/tokens.ts'

const TOKENS = { auth: { mode: 'tokens' } } as const
const WHO = '{ viewer { name role } }'
const MADE_UP = `rollcall_${'A'.repeat(43)}`

describe('a request without a valid token', () => {
  it('is refused with 401, a challenge and a code, and without any part of the token', async () => {
    const { url, store, logged } = await startApi([], TOKENS)
    const good = await newToken(store, 'ci', 'VIEWER')
    const revoked = await newToken(store, 'old', 'ADMIN')
    await store.tokens.revoke('old', 1_000)
    const challenge = 'Bearer realm="rollcall"'
    const invalid = `${challenge}, error="invalid_token"`
    const rows: [string | undefined, string, string][] = [
      [undefined, challenge, 'Authentication is required: send "Authorization: Bearer TOKEN".'],
      ['', challenge, 'Authentication is required'],
      [good, challenge, 'Authentication is required'],
      [`Basic ${good}`, challenge, 'Authentication is required'],
      ['Bearer', challenge, 'Authentication is required'],
      [`Bearer ${good} ${good}`, challenge, 'Authentication is required'],
      [`Bearer ${good}x`, invalid, 'The token is not one that Rollcall accepts.'],
      [`Bearer ${good.slice(0, -1)}`, invalid, 'The token is not one that Rollcall accepts.'],
      [`Bearer ${good.toUpperCase()}`, invalid, 'The token is not one that Rollcall accepts.'],
      [`Bearer ${MADE_UP}`, invalid, 'The token is not one that Rollcall accepts.'],
      [`Bearer ${revoked}`, invalid, 'The token was revoked.'],
    ]
    for (const [authorization, header, message] of rows) {
      const response = await post(url, WHO, {}, authorization === undefined ? {} : { authorization })
      const text = await response.text()
      expect([authorization, response.status, response.headers.get('www-authenticate')]).toEqual([
        authorization,
        401,
        header,
      ])
      expect(response.headers.get('connection')).toBe('close')
      expect(JSON.parse(text)).toEqual({
        errors: [{ message: expect.stringContaining(message), extensions: { code: 'UNAUTHENTICATED' } }],
      })
      expect(text).not.toContain('rollcall_')
    }
    expect(logged.map(({ msg, address }) => [msg, address])).toContainEqual([
      'a wrong token was refused',
      '127.0.0.1',
    ])
    expect(JSON.stringify(logged)).not.toContain('rollcall_')
  })

  it('is refused before the rest of the request is read', async () => {
    const { url } = await startApi([], TOKENS)
    for (const query of ['{ __schema { types { name } } }', '{', '{ planets }', 'mutation { x }']) {
      const response = await post(url, query, {}, { accept: 'application/graphql-response+json' })
      expect([query, response.status, response.headers.get('content-type')]).toEqual([
        query,
        401,
        'application/graphql-response+json; charset=utf-8',
      ])
    }
  })

  it('is answered once the whole request has arrived, and its connection is closed', async () => {
    const { server } = await startApi([], TOKENS)
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    const body = ' '.repeat(300_000)
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    )
    const ended = once(socket, 'end')
    socket.write(body)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1.1 401 /)
    await ended
  })

  it('learns only whether the gateway is alive and ready', async () => {
    const { server, store } = await startApi([record('France/Paris/r1')], {
      ...TOKENS,
      startedAt: Date.now(),
    })
    const token = await newToken(store, 'ci', 'VIEWER')
    const statusOf = async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${server.url}${path}`, { headers })
      await response.text()
      return response.status
    }
    const guarded = ['/metrics', '/export/hierarchy.json', '/export/devices.ndjson?all=true']
    for (const path of guarded) {
      expect([path, await statusOf(path), await statusOf(path, bearer(token))]).toEqual([path, 401, 200])
    }
    for (const path of ['/healthz', '/readyz']) expect([path, await statusOf(path)]).toEqual([path, 200])
    // The page that asks for a token asks for it with nothing of ours in it.
    expect(await statusOf('/graphql', { accept: 'text/html' })).toBe(200)
  })
})

describe('a request with a valid token', () => {
  it('is accepted under any Host header', async () => {
    const { url, store } = await startApi([], TOKENS)
    const { port } = new URL(url)
    const token = await newToken(store, 'ci', 'OPERATOR')
    for (const host of [`127.0.0.1:${port}`, 'rollcall.example.org']) {
      const answer = await raw(url, { host, authorization: `bEARER  ${token} ` })
      expect([host, answer]).toEqual([host, { data: { viewer: { name: 'ci', role: 'OPERATOR' } } }])
    }
  })

  it('gets only its own answer', async () => {
    const { url, store } = await startApi([], TOKENS)
    const names = ['ann', 'bob', 'cid', 'dot']
    const tokens = await Promise.all(names.map((name) => newToken(store, name, 'VIEWER')))
    const answers = await Promise.all(
      tokens.map(async (token) => (await (await post(url, WHO, {}, bearer(token))).json()) as Answer),
    )
    expect(answers).toEqual(names.map((name) => ({ data: { viewer: { name, role: 'VIEWER' } } })))
  })

  it('updates the last use of the token once a minute', async () => {
    const clock = new HandClock(1_000_000)
    const { url, store, statements } = await startApi([], { ...TOKENS, clock })
    const token = await newToken(store, 'ci', 'VIEWER')
    const uses = async (afterMs: number) => {
      clock.advance(afterMs)
      expect((await post(url, WHO, {}, bearer(token))).status).toBe(200)
      const [row] = await store.tokens.all()
      return [row?.lastUsedAt, statements.filter((sql) => sql.startsWith('update "tokens"')).length]
    }
    expect(await uses(0)).toEqual([1_000_000, 1])
    expect(await uses(59_999)).toEqual([1_000_000, 1])
    expect(await uses(1)).toEqual([1_060_000, 2])
  })

  it('is accepted even if the last use cannot be written', async () => {
    const { url, store, path, logged } = await startApi([], TOKENS)
    const token = await newToken(store, 'ci', 'VIEWER')
    const other = new Sqlite(path)
    onTestFinished(() => void other.close())
    other.exec('begin immediate')
    for (let time = 0; time < 3; time++) {
      expect((await post(url, WHO, {}, bearer(token))).status).toBe(200)
    }
    expect(logged.map(({ msg, name }) => [msg, name])).toEqual([
      [expect.stringMatching(/^the last use of an API token could not be written: .*is locked/), 'ci'],
    ])
  })
})

describe('tokens that cannot be checked', () => {
  it("are not the client's fault: the client may try again", async () => {
    const { url, server, store, logged } = await startApi([], TOKENS)
    const token = await newToken(store, 'ci', 'VIEWER')
    await store.close()
    const response = await post(url, WHO, {}, bearer(token))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(response.headers.get('www-authenticate')).toBeNull()
    const errorId = logged[0]?.errorId
    expect(await response.json()).toEqual({
      errors: [
        {
          message: `Tokens cannot be checked at present; the log has more under ${errorId}.`,
          extensions: { code: 'UNAVAILABLE', errorId },
        },
      ],
    })
    expect(logged).toHaveLength(1)
    expect((await fetch(`${server.url}/metrics`, { headers: bearer(token) })).status).toBe(503)
  })
})

describe('an address that sends wrong tokens', () => {
  it('must wait after twenty; valid tokens and other addresses are still accepted', async () => {
    const { url, store, logged } = await startApi([], TOKENS)
    const good = await newToken(store, 'ci', 'VIEWER')
    const tries = async (times: number) => {
      const statuses = []
      for (let time = 0; time < times; time++) {
        const { status } = await post(url, WHO, {}, bearer(MADE_UP))
        statuses.push(status)
      }
      return [...new Set(statuses)]
    }
    expect(await tries(20)).toEqual([401])
    expect(await tries(3)).toEqual([429])
    const refused = await post(url, WHO, {}, bearer(MADE_UP))
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] })
    // A client that goes on and on gets a few lines.
    expect(logged).toHaveLength(5)

    expect((await post(url, WHO, {}, bearer(good))).status).toBe(200)
    expect((await post(url, WHO)).status).toBe(401)
    const elsewhere = { authorization: `Bearer ${MADE_UP}`, host: 'localhost' }
    expect(await raw(url, elsewhere, '127.0.0.2')).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
  })
})

describe('without authentication', () => {
  it('every caller is the same and may do everything', async () => {
    const { url, server } = await startApi([])
    for (const headers of [{}, bearer(MADE_UP)]) {
      const response = await post(url, WHO, {}, headers)
      expect(await response.json()).toEqual({ data: { viewer: { name: 'anonymous', role: 'ADMIN' } } })
    }
    expect((await fetch(`${server.url}/metrics`)).status).toBe(200)
  })
})

/** Not by fetch, which sets some headers itself, and always comes from the same address. */
function raw(url: string, headers: Record<string, string>, localAddress?: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = { 'content-type': 'application/json', ...headers }
    request(url, { method: 'POST', headers: sent, localAddress }, async (response) => {
      resolve(JSON.parse((await response.setEncoding('utf8').toArray()).join('')))
    })
      .on('error', reject)
      .end(JSON.stringify({ query: WHO }))
  })
}
