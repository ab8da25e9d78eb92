import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isKnownToClient } from '../../../src/api/http/http-caching.ts'
import { record, sync } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { post } from '../../support/graphql-answer.ts'

const NAMES = '{ countries { name } }'

function queryUrl(url: string, query: string): string {
  return `${url}?${new URLSearchParams({ query })}`
}

describe('an answer to GET', () => {
  it('has a tag of its bytes, and is sent again only when they change', async () => {
    const { url, store } = await startApi([record('France/Lyon/r1')])
    const ask = (headers: Record<string, string> = {}) => fetch(queryUrl(url, NAMES), { headers })
    const first = await ask()
    const body = await first.text()
    const tag = `"${createHash('sha256').update(body).digest('base64url')}"`
    const etag = `W/${tag}`
    expect(JSON.parse(body)).toEqual({ data: { countries: [{ name: 'France' }] } })
    expect(Object.fromEntries(first.headers)).toMatchObject({
      etag,
      'cache-control': 'private, no-cache',
      vary: 'Accept, Accept-Encoding, Authorization, Origin',
      'content-type': 'application/json; charset=utf-8',
    })
    for (const known of [etag, tag, `"x", ${etag}`, '*']) {
      const again = await ask({ 'if-none-match': known })
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
      expect(again.headers.get('cache-control')).toBe('private, no-cache')
    }
    expect((await ask({ 'if-none-match': '"x"' })).status).toBe(200)
    await sync(store, [record('France/Lyon/r1'), record('Spain/Vigo/r2')])
    const changed = await ask({ 'if-none-match': etag })
    expect([changed.status, await changed.json()]).toEqual([
      200,
      { data: { countries: [{ name: 'France' }, { name: 'Spain' }] } },
    ])
  })

  it('has no tag if it has errors; neither has an answer to POST', async () => {
    const { url } = await startApi([])
    const invalid = await fetch(queryUrl(url, '{ planets }'), { headers: { 'if-none-match': '*' } })
    expect([invalid.status, invalid.headers.get('etag')]).toEqual([200, null])
    expect(invalid.headers.get('cache-control')).toBe('no-store')
    const posted = await post(url, NAMES, {}, { 'if-none-match': '*' })
    expect([posted.status, posted.headers.get('etag')]).toEqual([200, null])
    const partial = await fetch(queryUrl(url, '{ __typename node(id: "x") { id } }'))
    expect([partial.status, partial.headers.get('etag')]).toEqual([200, null])
    expect(await partial.json()).toMatchObject({ data: { __typename: 'Query', node: null } })
  })

  it('also answers HEAD, without the body', async () => {
    const { url } = await startApi([])
    const [whole, head] = await Promise.all([
      fetch(queryUrl(url, NAMES)),
      fetch(queryUrl(url, NAMES), { method: 'HEAD' }),
    ])
    expect([head.status, await head.text()]).toEqual([200, ''])
    for (const name of ['etag', 'content-type', 'cache-control', 'vary'])
      expect(head.headers.get(name)).toBe(whole.headers.get(name))
    const mutation = await fetch(queryUrl(url, 'mutation { startRefresh(input: {}) { started } }'), {
      method: 'HEAD',
    })
    expect(mutation.status).toBe(405)
    const stream = await fetch(queryUrl(url, 'subscription { refreshes { state } }'), {
      method: 'HEAD',
      headers: { accept: 'text/event-stream' },
    })
    expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  })
})

describe('If-None-Match', () => {
  it.each([
    ['"a"', '"a"', true],
    ['W/"a"', '"a"', true],
    ['"a"', 'W/"a"', true],
    ['"a"', '"b" , W/"a"', true],
    ['"a"', ' * ', true],
    ['"a"', '"b", *', false],
    ['"a"', 'a', false],
    ['"a"', '"ab"', false],
    ['"a"', '', false],
    ['"a"', undefined, false],
  ])('for the tag %s with the header %s matches: %s', (etag, given, expected) => {
    expect(isKnownToClient(etag, { 'if-none-match': given })).toBe(expected)
  })
})
