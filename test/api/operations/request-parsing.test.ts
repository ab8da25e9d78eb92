import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { startApi } from '../../support/api-server.ts'
import type { Answer } from '../../support/graphql-answer.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const QUERY = '{"query":"{ __typename }"}'
const START = 'mutation { startRefresh(input: {}) { started } }'

/** What a POST of these bytes is answered with. */
async function posted(url: string, body: BodyInit | null, headers: Record<string, string>) {
  const response = await fetch(url, { method: 'POST', body, headers })
  const { errors = [] } = (await response.json()) as Answer
  const [error] = errors
  return { status: response.status, code: error?.extensions.code, message: error?.message, response }
}

describe("a request's body", () => {
  it('that is not UTF-8 is refused, wherever the invalid bytes are', async () => {
    const { url } = await startApi([])
    const invalid = [
      [0xff],
      [0xc3, 0x28],
      [0xc0, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xe2, 0x82],
    ]
    for (const bytes of invalid) {
      for (const around of [
        ['{"query":"{ __typename # ', '\\n}"}'],
        ['{"query":"{ __typename }","variables":{"name":"', '"}}'],
        [`${QUERY} `, ''],
      ]) {
        const body = Buffer.concat([
          Buffer.from(around[0] ?? ''),
          Buffer.from(bytes),
          Buffer.from(around[1] ?? ''),
        ])
        expect(await posted(url, body, JSON_TYPE)).toMatchObject({
          status: 400,
          code: 'BAD_USER_INPUT',
          message: "The request's body is not valid UTF-8; encode it in UTF-8.",
        })
      }
    }
  })

  it('may name UTF-8 in other spellings', async () => {
    const { url } = await startApi([])
    for (const [body, type] of [
      [QUERY, 'application/json'],
      [QUERY, 'application/json; charset=utf-8'],
      [QUERY, 'Application/JSON;charset="UTF-8"'],
      [QUERY, 'application/graphql+json'],
      [`\uFEFF${QUERY}`, 'application/json'],
      ['{"query":"{ __typename # 🏃\\n}"}', 'application/json'],
    ] as const) {
      expect((await posted(url, body, { 'content-type': type })).status).toBe(200)
    }
  })

  it.each([
    ['in another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['compressed', { ...JSON_TYPE, 'content-encoding': 'gzip' }],
    ['of no type', { 'content-type': '' }],
    ['of a broken type', { 'content-type': 'json' }],
    ['of several types', { 'content-type': 'application/json, text/plain' }],
    ['a text', { 'content-type': 'text/plain' }],
    ['a text that pretends', { 'content-type': 'text/plain; application/json' }],
    ['GraphQL', { 'content-type': 'application/graphql' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a form with files', { 'content-type': 'multipart/form-data; boundary=x' }],
  ])('that is %s is refused with 415, and nothing is executed', async (_what, headers) => {
    const { url, statements } = await startApi([])
    const bodies = [
      JSON.stringify({ query: START }),
      String(new URLSearchParams({ query: START })),
      `--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({ query: START })}\r\n--x--\r\n`,
      START,
    ]
    for (const body of bodies) {
      expect(await posted(url, body, headers)).toMatchObject({ status: 415, code: 'BAD_USER_INPUT' })
    }
    expect(statements).toEqual([])
  })

  it('that is too large is refused, even without a content-length', async () => {
    const { url } = await startApi([])
    const large = `{"query":"{ __typename ${' '.repeat(1024 * 1024)}}"}`
    expect(await posted(url, large, JSON_TYPE)).toMatchObject({ status: 413, code: 'BAD_USER_INPUT' })
    const status = await new Promise((resolve, reject) => {
      const chunked = request(url, { method: 'POST', headers: JSON_TYPE }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      chunked.on('error', reject)
      chunked.write(large)
      chunked.end(' ')
    })
    expect(status).toBe(413)
  })

  it.each([
    ['{"query":', "The request's body is not valid JSON."],
    [
      '[{"query":"{ __typename }"}]',
      'Several operations in one request are not supported; send one request for each.',
    ],
    ['{"query":"{ __typename }","operationName":5}', '"operationName" must be of type string.'],
    ['{"query":"{ __typename }","variables":[]}', '"variables" must be of type object.'],
    ['{"qeury":"{ __typename }"}', 'The request has no "query".'],
  ])('%s is refused', async (body, message) => {
    const { url } = await startApi([])
    expect(await posted(url, body, JSON_TYPE)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT', message })
  })
})

describe('a parameter', () => {
  it.each([
    ['that is not known is ignored', { operationType: 'query', query: '{ __typename }' }],
    ['that is null is none', { variables: null, query: '{ __typename }' }],
    ['with the name of the operation may be empty', { operationName: '', query: 'query A { __typename }' }],
  ])('%s', async (_what, parameters) => {
    const { url } = await startApi([])
    expect(await posted(url, JSON.stringify(parameters), JSON_TYPE)).toMatchObject({ status: 200 })
  })
})

describe("a URL's parameters", () => {
  it.each([
    ['query=%7B__typename%20%23%FF%0A%7D', 'not valid UTF-8'],
    ['query=%7B__typename%7D%zz', 'not valid UTF-8'],
    ['query=%7B__typename%7D&variables=%7B', '"variables" is not valid JSON.'],
    ['query=%7B__typename%7D&variables=5', '"variables" must be of type object.'],
    ['query=%7B__typename%7D&extensions=[]', '"extensions" must be of type object.'],
    ['', 'The request has no "query".'],
  ])('%j are refused', async (query, message) => {
    const { url, logged } = await startApi([])
    const response = await fetch(`${url}?${query}`)
    const { errors } = (await response.json()) as Answer
    expect([response.status, errors?.[0]?.extensions.code]).toEqual([400, 'BAD_USER_INPUT'])
    expect(errors?.[0]?.message).toContain(message)
    expect(response.headers.get('etag')).toBeNull()
    expect(logged).toEqual([])
  })
})
