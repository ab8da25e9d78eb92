import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ThreadTurns } from '../../../src/api/fairness/thread-turns.ts'
import { Exports } from '../../../src/api/http/exports.ts'
import { silentLogger } from '../../../src/base/log.ts'
import { record } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { type Answer, ask, post } from '../../support/graphql-answer.ts'
import { nextOf, TRANSPORTS } from '../../support/subscribers.ts'
import { bearer, newToken } from '../../support/tokens.ts'

const NETWORK = [record('France/Lyon/r1'), record('Chile/Arica/r1')]
const READERS = { threads: 1 }
const MISBEHAVING = { threads: 1, threadFile: new URL('../support/misbehaving-reader.ts', import.meta.url) }

/** Each costs 22,650, and 26 of them what one caller may have under way. */
const hierarchy = (index: number) =>
  `{ h${index}: countries { name sites { name devices { id name address netconfSupported lastProbedAt } } } }`
const PAGE = '{ devices(first: 50) { nodes { name } } }'
const STUCK = 'query ($be: String!) { countries { sites { devices { name } } } country(name: $be) { name } }'

describe('large queries', () => {
  it("do not delay a later page, and are refused beyond the caller's limit", async () => {
    const { url } = await startApi(NETWORK, { readers: READERS })
    const order: string[] = []
    const large = Array.from({ length: 40 }, async (_, index) => {
      const response = await post(url, hierarchy(index))
      const answer = (await response.json()) as Answer
      if (!answer.errors) order.push('large')
      return {
        status: response.status,
        retryAfter: response.headers.get('retry-after'),
        ...answer.errors?.[0]?.extensions,
      }
    })
    await ask(url, PAGE).then(() => order.push('page'))
    const answers = await Promise.all(large)
    expect(order.at(-1)).toBe('large')
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(26)
    const [refused, ...others] = answers.filter(({ status }) => status !== 200)
    expect(others).toHaveLength(13)
    expect(refused).toEqual({
      status: 429,
      code: 'RATE_LIMITED',
      retryAfterMs: expect.any(Number),
      retryAfter: expect.stringMatching(/^\d+$/),
    })
    expect(await ask(url, hierarchy(40))).toHaveProperty('data')
  })

  it('of one caller leave room for another caller, and are aborted at their deadline', async () => {
    const { url, store } = await startApi(NETWORK, {
      readers: MISBEHAVING,
      auth: { mode: 'tokens' },
      limits: { cost: 20_000, requestTimeMs: 2_000 },
    })
    const tokens = await Promise.all(['first', 'second'].map((name) => newToken(store, name, 'VIEWER')))
    const [first = '', second = ''] = tokens.map((token) => bearer(token).authorization)
    const queries = Array.from({ length: 4 }, async (_, index) => {
      const answer = await post(url, `${STUCK} # ${index}`, { be: 'stuck' }, { authorization: first })
      return ((await answer.json()) as Answer).errors?.[0]?.extensions.code
    })
    const codes = async (authorization: string) => {
      const answer = await post(url, STUCK, { be: 'well' }, { authorization })
      return ((await answer.json()) as Answer).errors?.[0]?.extensions.code
    }
    await expect.poll(() => codes(first)).toBe('RATE_LIMITED')
    // It waits behind what is stuck, until its time is over.
    expect(await codes(second)).toBe('QUERY_TOO_COMPLEX')
    expect(await Promise.all(queries)).toEqual(Array(4).fill('QUERY_TOO_COMPLEX'))
  })

  it('have the same answers with and without reader threads', async () => {
    const texts: string[] = []
    for (const readers of [undefined, READERS]) {
      const { url } = await startApi(NETWORK, { ...(readers && { readers }) })
      for (const query of [
        hierarchy(1),
        `{ devices(after: "none") { nodes { name } } ${hierarchy(2).slice(1)}`,
        `{ viewer { name } gateway { budgets { name limit inUse } nextScheduledRefreshAt } ${hierarchy(3).slice(1)}`,
        `query ($a: Int!) { devices(first: $a) { totalCount } ${hierarchy(4).slice(1)}`,
        `${hierarchy(5).slice(0, -1)} devices { nodes { probeHold nextProbeAt } } }`,
      ]) {
        const body = JSON.stringify({ query, extensions: { cost: true } })
        const headers = { 'content-type': 'application/json' }
        for (let turn = 1; turn <= 3; turn += 1) {
          const response = await fetch(url, { method: 'POST', headers, body })
          texts.push(`${response.status} ${await response.text()}`)
        }
      }
    }
    const half = texts.length / 2
    expect(texts.slice(half)).toEqual(texts.slice(0, half))
    expect(texts.filter((text) => text.includes('"cost":{"requested":')).length).toBe(texts.length)
  })

  it('are also answered over WebSocket and Server-Sent Events', async () => {
    const { url } = await startApi(NETWORK, { readers: READERS })
    const { data } = await ask(url, hierarchy(0))
    for (const { connect } of TRANSPORTS)
      expect(await nextOf(connect(url).subscribe(hierarchy(0)))).toEqual(data)
  })

  it("see the caller's latest changes", async () => {
    const { url } = await startApi(NETWORK, { readers: READERS })
    const onboard = 'mutation ($input: DeviceInput!) { onboardDevice(input: $input) { device { name } } }'
    for (const name of ['r2', 'r3', 'r4']) {
      await ask(url, onboard, {
        input: { name, site: 'Lyon', country: 'France', address: `192.0.2.1${name[1]}` },
      })
      expect(JSON.stringify(await ask(url, hierarchy(0)))).toContain(`"name":"${name}"`)
    }
  })
})

describe('exports', () => {
  it('are refused to a caller that has many under way, until one of them ends', async () => {
    const devices = Array.from({ length: 1_000 }, (_, index) => record(`France/Lyon/r${index}`))
    const { services } = await startApi(devices)
    const exports = new Exports(services, { turns: new ThreadTurns(), log: silentLogger })
    const answer = (caller: string) => {
      const request = Object.assign(new IncomingMessage(new Socket()), {
        url: '/export/devices.ndjson?all=true',
      })
      // Nobody reads it.
      const response = new ServerResponse(request)
      exports.answer(request, response, caller)
      return response
    }
    const open = Array.from({ length: 10 }, () => answer('first'))
    const refused = answer('first')
    expect([refused.statusCode, refused.writableEnded]).toEqual([429, true])
    const other = answer('second')
    expect(other.writableEnded).toBe(false)
    await expect.poll(() => open.every(({ writableNeedDrain }) => writableNeedDrain)).toBe(true)
    open[0]?.destroy()
    await expect.poll(() => answer('first').writableEnded).toBe(false)
    for (const response of [...open, other]) response.destroy()
  })
})
