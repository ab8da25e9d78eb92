import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient as createSseClient } from 'graphql-sse'
import { createClient } from 'graphql-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { PersistedOperations } from '../../../src/api/operations/persisted-operations.ts'
import { schema } from '../../../src/api/schema/schema.ts'
import { newRefresh, temporaryFolder } from '../../store/support/fixture.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import type { Answer } from '../../support/graphql-answer.ts'

const REFRESH = Buffer.from('Refresh:1').toString('base64url')
const VERSION = 'query Version { gateway { version } }'
const START = 'mutation { startRefresh(input: {}) { started } }'
const PROGRESS = `subscription { refreshProgress(refreshId: "${REFRESH}") { state } }`
const FREE = '{ gateway { startedAt } }'

const OPERATIONS = { [sha256(VERSION)]: VERSION, progress: PROGRESS, [`sha256:${sha256(START)}`]: START }

const FOUND = { data: { gateway: { version: '1.2.3' } } }
const NOT_FOUND = { message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** As Apollo's and urql's clients send it. */
function persisted(hash: string) {
  return { extensions: { persistedQuery: { version: 1, sha256Hash: hash } } }
}

async function all<T>(results: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const result of results) found.push(result)
  return found
}

async function fileWith(content: unknown): Promise<string> {
  const file = join(await temporaryFolder(), 'operations.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

async function startWith(only: boolean): Promise<RunningApi> {
  const api = await startApi([], { persistedOperations: { file: await fileWith(OPERATIONS), only } })
  await newRefresh(api.store)
  await api.store.refreshes.update(1, { state: 'COMPLETED', finishedAt: 6_000 })
  return api
}

async function posted(url: string, body: object, accept = 'application/json') {
  const headers = { 'content-type': 'application/json', accept }
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers })
  return { status: response.status, answer: (await response.json()) as Answer }
}

describe('a persisted operation', () => {
  it('is requested by its hash or its id, by POST and by GET', async () => {
    const { url } = await startWith(false)
    const hash = sha256(VERSION)
    for (const body of [
      persisted(hash),
      persisted(hash.toUpperCase()),
      { documentId: hash },
      { documentId: `sha256:${hash}` },
      { query: '', documentId: hash },
      { query: null, documentId: hash, ...persisted(hash), operationName: 'Version' },
      { query: VERSION, ...persisted(hash) },
      {
        query: FREE.replace('startedAt', 'version'),
        ...persisted(sha256(FREE.replace('startedAt', 'version'))),
      },
    ]) {
      expect(await posted(url, body)).toEqual({ status: 200, answer: FOUND })
    }
    for (const parameters of [
      { extensions: JSON.stringify(persisted(hash).extensions) },
      { documentId: `sha256:${hash}` },
    ]) {
      const response = await fetch(`${url}?${new URLSearchParams(parameters)}`)
      expect(await response.json()).toEqual(FOUND)
      expect(response.headers.get('etag')).not.toBeNull()
    }
    const mutation = await fetch(`${url}?documentId=${sha256(START)}`)
    expect(mutation.status).toBe(405)
  })

  it('that is unknown is reported with the message after which clients send the text', async () => {
    const { url } = await startWith(false)
    for (const body of [persisted(sha256(FREE)), { documentId: sha256(FREE) }, { documentId: 'other' }]) {
      expect(await posted(url, body)).toMatchObject({ answer: { errors: [NOT_FOUND] } })
      expect((await posted(url, body, 'application/graphql-response+json')).status).toBe(400)
    }
    const { answer } = await posted(url, { query: FREE, ...persisted(sha256(FREE)) })
    expect(answer.errors).toBeUndefined()
    // What was sent once is not kept.
    expect(await posted(url, persisted(sha256(FREE)))).toMatchObject({ answer: { errors: [NOT_FOUND] } })
  })

  it('must match the text and have one id', async () => {
    const { url } = await startWith(false)
    for (const body of [
      { query: FREE, ...persisted(sha256(VERSION)) },
      { query: VERSION, documentId: 'progress' },
      { query: VERSION, documentId: 'other' },
      { documentId: 'progress', ...persisted(sha256(VERSION)) },
      { extensions: { persistedQuery: { version: 1 } } },
      { extensions: { persistedQuery: sha256(VERSION) } },
    ]) {
      const { status, answer } = await posted(url, body)
      expect([status, answer.errors?.[0]?.extensions.code]).toEqual([400, 'BAD_USER_INPUT'])
    }
  })

  it('is reported as unsupported if there are none', async () => {
    const { url } = await startApi([])
    expect((await posted(url, persisted(sha256(VERSION)))).answer.errors).toEqual([
      { ...NOT_FOUND, message: 'PersistedQueryNotSupported' },
    ])
  })

  it('may be a subscription, over SSE and WebSocket', async () => {
    const { url } = await startWith(true)
    const event = { data: { refreshProgress: { state: 'COMPLETED' } } }
    const sse = createSseClient({ url, retryAttempts: 0 })
    const ws = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 })
    onTestFinished(() => {
      sse.dispose()
      void ws.dispose()
    })
    const params = { query: '', documentId: 'progress' }
    expect(await all(sse.iterate(params))).toEqual([event])
    expect(await all(ws.iterate(params))).toEqual([event])
    expect(await all(ws.iterate({ query: '', ...persisted(sha256(VERSION)) }))).toEqual([FOUND])
    await expect(all(ws.iterate({ ...params, documentId: 'other' } as typeof params))).rejects.toEqual([
      NOT_FOUND,
    ])
    await expect(all(ws.iterate({ query: FREE }))).rejects.toMatchObject([
      { extensions: { code: 'FORBIDDEN' } },
    ])
  })
})

describe('if only persisted operations are allowed', () => {
  it('all others are refused, including introspection and GraphiQL', async () => {
    const { url, server } = await startWith(true)
    expect(await posted(url, persisted(sha256(VERSION)))).toEqual({ status: 200, answer: FOUND })
    expect(await posted(url, { query: VERSION })).toEqual({ status: 200, answer: FOUND })
    for (const body of [
      { query: FREE },
      { query: FREE, ...persisted(sha256(FREE)) },
      { query: `${VERSION} ` },
      { query: '{ __schema { queryType { name } } }' },
      { query: '{ ' },
    ]) {
      expect(await posted(url, body)).toMatchObject({
        status: 403,
        answer: {
          errors: [
            {
              message: 'Only persisted operations are allowed here; send the id of one.',
              extensions: { code: 'FORBIDDEN' },
            },
          ],
        },
      })
    }
    expect((await posted(url, persisted(sha256(FREE)))).answer.errors).toEqual([NOT_FOUND])
    const page = await fetch(url, { headers: { accept: 'text/html,*/*;q=0.8' } })
    expect(page.headers.get('content-type')).toContain('text/plain')
    expect((await fetch(server.url)).status).toBe(404)
  })
})

describe('a file of persisted operations', () => {
  it.each([
    ['is not JSON', '{', 'must hold a JSON object'],
    ['is a list', '["{ __typename }"]', 'must hold a JSON object'],
    [
      'has values that are not texts',
      { a: 5 },
      '"a" in FILE, persisted operations, must be the text of an operation.',
    ],
    [
      'has a text that is cut off',
      { a: VERSION, b: '{ gateway {' },
      '"b" in FILE, persisted operations, cannot be parsed: Syntax Error: Expected Name, found <EOF>.',
    ],
    [
      'has a text for another schema',
      { a: '{ planets }' },
      '"a" in FILE, persisted operations, does not fit the schema: Cannot query field "planets" on type "Query".',
    ],
    [
      'has a hash of another text',
      { [sha256(FREE)]: VERSION },
      `"${sha256(FREE)}" in FILE, persisted operations, looks like a SHA-256 but is not that of its text; generate the file again.`,
    ],
  ])('that %s is refused', async (_what, content, expected) => {
    const file = await fileWith(content)
    const served = { schema, introspection: true }
    await expect(PersistedOperations.load({ file, only: false }, served)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(expected.replace('FILE', file)),
    })
  })

  it('that queries the schema is refused if introspection is off', async () => {
    const file = await fileWith({ a: '{ __schema { queryType { name } } }', b: '{ __typename }' })
    await startApi([], { persistedOperations: { file } })
    const start = startApi([], { persistedOperations: { file }, server: { introspection: false } })
    await expect(start).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `"a" in ${file}, persisted operations, queries the schema, which "server.introspection" forbids; remove it.`,
    })
  })

  it('that does not exist is refused at the start of the server', async () => {
    const file = join(await temporaryFolder(), 'none.json')
    await expect(startApi([], { persistedOperations: { file } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `"persistedOperations.file" names ${file}, which does not exist.`,
    })
  })
})
