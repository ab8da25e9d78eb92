import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SharedResult } from '../../../src/api/execution/shared-result.ts'
import { ThreadTurns } from '../../../src/api/fairness/thread-turns.ts'
import { responsesInTurns } from '../../../src/api/http/response-plugins.ts'
import { record } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { nextOf, TRANSPORTS } from '../../support/subscribers.ts'

const DEVICES = Array.from({ length: 900 }, (_, index) => record(`Île/Lyon/${'r'.repeat(100)}${index}`))
const ALL = '{ countries { name sites { devices { name } } } }'
const EXPECTED = {
  data: {
    countries: [
      { name: 'Île', sites: [{ devices: DEVICES.map(({ name }) => ({ name })).toSorted(byName) }] },
    ],
  },
}

describe.each([
  ['a reader thread', { threads: 1 }],
  ['the thread of the API', undefined],
])('a large answer from %s', (_where, readers) => {
  it('has the same bytes for every client, over POST, GET, WebSocket and SSE', async () => {
    const { url } = await startApi(DEVICES, { limits: { cost: 1_000_000 }, ...(readers && { readers }) })
    const expected = JSON.stringify(EXPECTED)
    const headers = { 'content-type': 'application/json', 'accept-encoding': 'identity' }
    const asked = { method: 'POST', headers }
    const ask = (body: object) => fetch(url, { ...asked, body: JSON.stringify({ query: ALL, ...body }) })
    const answers = await Promise.all([1, 2, 3, 4].map(() => ask({})))
    for (const answer of answers) {
      expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(expected)))
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
      expect(await answer.text()).toBe(expected)
    }
    const withCost = await (await ask({ extensions: { cost: true } })).json()
    expect(withCost).toEqual({ ...EXPECTED, extensions: { cost: expect.any(Object) } })
    const etag = `W/"${createHash('sha256').update(expected).digest('base64url')}"`
    for (let turn = 0; turn < 2; turn += 1) {
      const got = await fetch(`${url}?${new URLSearchParams({ query: ALL })}`)
      expect([await got.text(), got.headers.get('etag')]).toEqual([expected, etag])
    }
    const known = await fetch(`${url}?${new URLSearchParams({ query: ALL })}`, {
      headers: { 'if-none-match': etag },
    })
    expect([known.status, await known.text()]).toEqual([304, ''])
    for (const { connect } of TRANSPORTS)
      expect(await nextOf(connect(url).subscribe(ALL))).toEqual(EXPECTED.data)
  })
})

describe('answers to hundreds of requests that waited for the same query', () => {
  it('are sent in turns of the event loop; small ones at once', async () => {
    const hook = responsesInTurns(new ThreadTurns()).onResultProcess
    const small = new SharedResult({ data: { text: 'a' } })
    const large = new SharedResult({ data: { text: 'a'.repeat(100_000) } })
    const serverContext = { caller: 'first' }
    expect(hook({ result: small, serverContext })).toBeUndefined()
    let sent = 0
    for (let index = 0; index < 5; index += 1) {
      void hook({ result: large, serverContext })?.then(() => {
        sent += 1
        const end = performance.now() + LONGER_THAN_A_SLICE_MS
        while (performance.now() < end);
      })
    }
    const perTurn: number[] = []
    for (let before = 0; sent < 5; before = sent) {
      await new Promise((resolve) => setImmediate(resolve))
      perTurn.push(sent - before)
    }
    expect(Math.max(...perTurn)).toBe(1)
  })

  it('share their bytes', () => {
    const large = new SharedResult({ data: { text: 'a'.repeat(100_000) } })
    expect(large.json).toBeInstanceOf(Buffer)
    expect(large.stringify()).toBe(large.json)
    expect(large.json).toBe(large.json)
  })
})

const LONGER_THAN_A_SLICE_MS = 11

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1
}
