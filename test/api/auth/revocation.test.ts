import { dirname } from 'node:path'
import { createClient as createSseClient } from 'graphql-sse'
import { type Client, createClient as createWebSocketClient } from 'graphql-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { newRefresh, newStore } from '../../store/support/fixture.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { type Answer, post } from '../../support/graphql-answer.ts'
import { HandClock } from '../../support/hand-clock.ts'
import { jwtAuth, newKey, sign } from '../../support/jwt-issuer.ts'
import { countListeners, type Events, nextOf } from '../../support/subscribers.ts'
import { bearer, newToken } from '../../support/tokens.ts'

const TOKENS = { auth: { mode: 'tokens' } } as const
const PROGRESS = `subscription { refreshProgress(refreshId: "${Buffer.from('Refresh:1').toString('base64url')}") { state } }`

/** An API with a refresh of which there is nothing to tell, and how to revoke a token as another process would. */
async function apiAtRest(clock?: HandClock) {
  const api = await startApi([], { ...TOKENS, ...(clock && { clock }) })
  await newRefresh(api.store)
  const other = await newStore(dirname(api.path))
  const revoke = (name: string) => other.store.tokens.revoke(name, 1_000)
  return { api, revoke, listeners: countListeners(api.refreshes.events) }
}

function overWebSocket({ url }: RunningApi, token: string, retryAttempts = 0) {
  const connections: string[] = []
  const client: Client = createWebSocketClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: () => {
      connections.push(token)
      return bearer(token)
    },
    retryAttempts,
    retryWait: async () => {},
  })
  onTestFinished(() => void client.dispose())
  const subscribe = <T>(query: string) => client.iterate({ query }) as unknown as Events<T>
  return { subscribe, connections }
}

function overSse<T>({ url }: RunningApi, token: string, query: string): Events<T> {
  const client = createSseClient({ url, headers: bearer(token), retryAttempts: 0 })
  onTestFinished(() => client.dispose())
  return client.iterate({ query }) as unknown as Events<T>
}

describe('a subscription whose token is revoked', () => {
  it('ends at once over SSE with the reason; subscriptions of other tokens continue', async () => {
    const { api, revoke, listeners } = await apiAtRest()
    const tokens = [await newToken(api.store, 'ann', 'VIEWER'), await newToken(api.store, 'bob', 'VIEWER')]
    const [ann, bob] = tokens.map((token) => overSse<{ refreshProgress: object }>(api, token, PROGRESS))
    if (!ann || !bob) throw new Error('There are two.')
    await Promise.all([nextOf(ann), nextOf(bob)])
    await listeners.reach(2)
    await revoke('ann')
    expect((await ann.next()).value).toEqual({
      errors: [{ message: 'The token was revoked.', extensions: { code: 'UNAUTHENTICATED' } }],
    })
    expect(await ann.next()).toEqual({ done: true, value: undefined })
    await listeners.reach(1)
    const refresh = await api.store.refreshes.update(1, { state: 'COMPLETED', finishedAt: 6_000 })
    api.refreshes.events.announce({ kind: 'state', refresh, isLast: true })
    expect(await nextOf(bob)).toEqual({ refreshProgress: { state: 'COMPLETED' } })
    await listeners.reach(0)
  })

  it('ends at once over WebSocket with a code after which clients do not reconnect', async () => {
    const { api, revoke, listeners } = await apiAtRest()
    const client = overWebSocket(api, await newToken(api.store, 'ann', 'VIEWER'), 5)
    const progress = client.subscribe<{ refreshProgress: object }>(PROGRESS)
    const refreshes = client.subscribe('subscription { refreshes { state } }')
    await nextOf(progress)
    const silent = refreshes.next()
    await listeners.reach(2)
    await revoke('ann')
    const closed = { code: 4401, reason: 'The token was revoked.' }
    await Promise.all([
      expect(progress.next()).rejects.toMatchObject(closed),
      expect(silent).rejects.toMatchObject(closed),
    ])
    await listeners.reach(0)
    expect(client.connections).toHaveLength(1)
  })

  it('is found with one statement for all sessions, and with none if there are no sessions', async () => {
    const clock = new HandClock()
    const { api, listeners } = await apiAtRest(clock)
    const looks = () => api.statements.filter((sql) => /select "id" from "tokens"/.test(sql)).length
    const token = await newToken(api.store, 'ann', 'VIEWER')
    const subscriptions = Array.from({ length: 5 }, () => overSse(api, token, PROGRESS))
    await Promise.all(subscriptions.map(nextOf))
    await listeners.reach(5)
    expect(looks()).toBe(0)
    clock.advance(200)
    await api.store.ping()
    expect(looks()).toBe(1)
    await Promise.all(subscriptions.map((each) => each.return?.()))
    await listeners.reach(0)
    clock.advance(10_000)
    await api.store.ping()
    expect(looks()).toBe(1)
  })
})

describe('a subscription whose token expires', () => {
  it('ends over SSE and over WebSocket, there with a code after which clients reconnect', async () => {
    const now = Date.UTC(2026, 10, 21)
    const clock = new HandClock(now)
    const key = await newKey('one')
    const keys = { set: { keys: [{ kty: 'EC', ...key.jwk }] } }
    const api = await startApi([], { auth: jwtAuth('', { keys }), clock })
    await newRefresh(api.store)
    const listeners = countListeners(api.refreshes.events)
    const token = await sign(key, now, { exp: now / 1_000 + 60 })
    const sse = overSse<{ refreshProgress: object }>(api, token, PROGRESS)
    const webSocket = overWebSocket(api, token).subscribe<{ refreshProgress: object }>(PROGRESS)
    await Promise.all([nextOf(sse), nextOf(webSocket)])
    await listeners.reach(2)
    clock.advance(64_800)
    await api.store.ping()
    await listeners.reach(2)
    clock.advance(200)
    expect((await sse.next()).value).toEqual({
      errors: [{ message: 'The token has expired.', extensions: { code: 'UNAUTHENTICATED' } }],
    })
    await expect(webSocket.next()).rejects.toMatchObject({ code: 4403, reason: 'The token has expired.' })
    await listeners.reach(0)
  })
})

describe('an operation over a WebSocket whose token was revoked', () => {
  it('is refused even before the next check of all sessions', async () => {
    // Nobody looks while this clock stands still.
    const { api, revoke } = await apiAtRest(new HandClock())
    const client = overWebSocket(api, await newToken(api.store, 'ann', 'ADMIN'))
    const waiting = client.subscribe(PROGRESS)
    await nextOf(waiting)
    await revoke('ann')
    const start = client.subscribe('mutation { startRefresh(input: {}) { started } }')
    await expect(start.next()).rejects.toMatchObject({ code: 4401, reason: 'The token was revoked.' })
    expect(await api.store.refreshes.count()).toBe(1)
  })
})

describe('queries whose token is revoked', () => {
  it('end with 401 while they run, wait for their turn, or wait for an equal query', async () => {
    const clock = new HandClock()
    const threadFile = new URL('../support/misbehaving-reader.ts', import.meta.url)
    const api = await startApi([], { ...TOKENS, clock, readers: { threads: 1, threadFile } })
    const token = await newToken(api.store, 'ann', 'VIEWER')
    const other = await newStore(dirname(api.path))
    const stuck =
      'query ($be: String!) { countries { sites { devices { name } } } country(name: $be) { name } }'
    api.statements.length = 0
    const asked = ['# 1', '# 1', '# 2', '# 2', '# 3'].map(async (comment) => {
      const answer = await post(api.url, `${stuck} ${comment}`, { be: 'stuck' }, bearer(token))
      return [answer.status, ((await answer.json()) as Answer).errors]
    })
    await expect.poll(() => api.statements.filter((sql) => sql.includes('from "tokens"')).length).toBe(5)
    await other.store.tokens.revoke('ann', 1_000)
    let hasEnded = false
    const answers = Promise.all(asked).finally(() => {
      hasEnded = true
    })
    const look = () => {
      clock.advance(200)
      return hasEnded
    }
    await expect.poll(look).toBe(true)
    const revoked = { message: 'The token was revoked.', extensions: { code: 'UNAUTHENTICATED' } }
    expect(await answers).toEqual(Array(5).fill([401, [revoked]]))
  })
})

describe('a WebSocket', () => {
  it.each([
    ['no token', undefined, 'Authentication is required: send "Authorization: Bearer TOKEN".'],
    ['a number', 5, 'Authentication is required: send "Authorization: Bearer TOKEN".'],
    ['a wrong token', `Bearer rollcall_${'A'.repeat(43)}`, 'The token is not one that Rollcall accepts.'],
  ])(
    'with %s is closed with a code after which clients do not reconnect',
    async (_what, authorization, reason) => {
      const { url } = await startApi([], TOKENS)
      let connections = 0
      const client = createWebSocketClient({
        url: url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        connectionParams: () => {
          connections += 1
          return { authorization }
        },
        retryWait: async () => {},
      })
      onTestFinished(() => void client.dispose())
      await expect(client.iterate({ query: '{ countries { name } }' }).next()).rejects.toMatchObject({
        code: 4401,
        reason,
      })
      expect(connections).toBe(1)
    },
  )
})
