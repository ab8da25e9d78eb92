import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import type { HttpSourceConfig } from '../../src/config/schema.ts'
import { createSource } from '../../src/sources/create-source.ts'
import { INVENTORY_TOKEN, startInventoryServer } from './support/inventory-server.ts'
import { RetryClock, TIMEOUT_MS, TOTAL_TIMEOUT_MS } from './support/retry-clock.ts'
import type { TestServer } from './support/test-server.ts'

const never = new AbortController().signal

const servers: TestServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

async function serve(content: { type: string; body: string }, authorization?: string) {
  const server = await startInventoryServer(content, authorization === undefined ? {} : { authorization })
  servers.push(server)
  return server
}

function sourceAt(url: string, options: Partial<HttpSourceConfig> = {}) {
  const config: HttpSourceConfig = {
    name: 'web',
    type: 'http',
    url,
    ca: null,
    tlsServerName: null,
    timeoutMs: TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
    format: null,
    login: { token: INVENTORY_TOKEN },
    fields: {},
    ...options,
  }
  return createSource(config, { defaultPort: 22, clock: new RetryClock() })
}

const device = { name: 'fra-01', address: '10.0.0.1', site: 'FRA', country: 'Germany' }
const json = JSON.stringify([device])
const csv = 'name,address,site,country\nfra-01,10.0.0.1,FRA,Germany\n'
const checked = { ...device, key: null, port: 22, region: null, platform: null, credential: null }

describe('the format', () => {
  test.each<[string, string, string, HttpSourceConfig['format']]>([
    ['application/json; charset=utf-8', '/', json, null],
    ['application/vnd.inventory+json', '/', json, null],
    ['Application/X-NDJSON', '/inventory.json', JSON.stringify(device), null],
    ['text/csv', '/export?type=json', csv, null],
    ['text/plain', '/inventory.csv', csv, null],
    ['application/octet-stream', '/inventory.JSONL', JSON.stringify(device), null],
    ['text/html', '/inventory', csv, 'csv'],
    ['application/json', '/', JSON.stringify({ Germany: { FRA: { 'fra-01': '10.0.0.1' } } }), null],
  ])('%s at %s', async (type, path, body, format) => {
    const server = await serve({ type, body })
    expect(await sourceAt(`${server.url}${path}`, { format }).fetch(never)).toMatchObject({
      records: [checked],
      rejected: [],
    })
  })

  test.each([
    ['text/html', '/inventory.json', 'text/html'],
    ['text/plain', '/inventory', 'text/plain'],
    ['application/xml', '/inventory.xml', 'application/xml'],
  ])('that is unknown is refused: %s at %s', async (type, path, named) => {
    const server = await serve({ type, body: json })
    await expect(sourceAt(`${server.url}${path}`).fetch(never)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: `${server.url}${path} answers with ${named}, which is not known; correct the source's "url", or say "format: json", "ndjson" or "csv" there.`,
    })
  })
})

describe('an answer with an entity tag', () => {
  test('is neither sent nor read again if it is unchanged', async () => {
    const content = { type: 'application/json', body: json }
    const server = await serve(content)
    const source = sourceAt(server.url)
    const first = await source.fetch(never)
    // Whoever fetched it may do with it as he likes.
    first.records.push(...first.records)
    server.intercept = (_, response, { headers }) => {
      expect(headers['if-none-match']).toMatch(/^"[0-9a-f]{64}"$/)
      response.writeHead(304).end()
      return true
    }
    const second = await source.fetch(never)
    expect(second).toEqual({ records: [checked], rejected: [] })
    second.records.length = 0
    expect(await source.fetch(never)).toEqual({ records: [checked], rejected: [] })
    expect(server.requests.map(({ headers }) => 'if-none-match' in headers)).toEqual([false, true, true])
  })

  test('keeps what is known of the inventory as a whole', async () => {
    const body = JSON.stringify({ Germany: { FRA: { 'fra-01': { address: '10.0.0.1', Port: 22 } } } })
    const server = await serve({ type: 'application/json', body })
    const source = sourceAt(server.url)
    const first = await source.fetch(never)
    expect(first).toMatchObject({ partial: { defaultPort: 22 }, unread: [{ given: 'Port' }] })
    server.intercept = (_, response) => {
      response.writeHead(304).end()
      return true
    }
    expect(await source.fetch(never)).toEqual(first)
  })

  test('is read again if it changed, or if a fetch in between failed', async () => {
    const content = { type: 'application/json', body: json }
    const server = await serve(content)
    const source = sourceAt(server.url)
    await source.fetch(never)
    content.body = '['
    await expect(source.fetch(never)).rejects.toThrow('is not valid JSON')
    content.body = json
    expect((await source.fetch(never)).records).toEqual([checked])
    content.body = '[]'
    expect((await source.fetch(never)).records).toEqual([])
  })

  test('is a failure if its status is 304 although no tag was sent', async () => {
    const server = await serve({ type: 'application/json', body: json })
    server.intercept = (_, response) => {
      response.writeHead(304).end()
      return true
    }
    await expect(sourceAt(server.url).fetch(never)).rejects.toThrow(
      'did not answer with the inventory (HTTP 304 Not Modified)',
    )
  })
})

describe('the login', () => {
  test('may be a user name and a password', async () => {
    const authorization = `Basic ${Buffer.from('rollcall:pä:ss').toString('base64')}`
    const server = await serve({ type: 'application/json', body: json }, authorization)
    const source = sourceAt(server.url, { login: { username: 'rollcall', password: 'pä:ss' } })
    expect((await source.fetch(never)).records).toEqual([checked])
  })

  test('is asked for in the message if the server needs one', async () => {
    const server = await serve({ type: 'application/json', body: json })
    await expect(sourceAt(server.url, { login: null }).fetch(never)).rejects.toThrow(
      'asks for a login (HTTP 401 Unauthorized); give the source "tokenEnv", or "username" and "passwordEnv".',
    )
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization')
  })
})

describe('a redirect', () => {
  test('is followed within the server, with the login', async () => {
    const server = await serve({ type: 'application/json', body: json })
    server.intercept = (page, response) => {
      if (page === 1) response.writeHead(302, { location: '/v2/inventory' }).end()
      return page === 1
    }
    expect((await sourceAt(`${server.url}/inventory`).fetch(never)).records).toEqual([checked])
    expect(server.requests.map(({ url }) => url.pathname)).toEqual(['/inventory', '/v2/inventory'])
  })

  test('that never ends is a failure', async () => {
    const server = await serve({ type: 'application/json', body: json })
    server.intercept = (_, response) => {
      response.writeHead(302, { location: '/again' }).end()
      return true
    }
    await expect(sourceAt(server.url).fetch(never)).rejects.toThrow('redirects in a circle')
    expect(server.requests).toHaveLength(6)
  })
})

describe('half of a text is not accepted as the whole', () => {
  test.each<[string, object]>([
    ['without a length', {}],
    ['in a coding that has no end of its own', { 'transfer-encoding': 'identity' }],
  ])('%s', async (_, headers) => {
    const server = await serve({ type: 'text/csv', body: csv })
    server.intercept = (_page, response) => {
      const lines = Object.entries({ 'content-type': 'text/csv', connection: 'close', ...headers })
      const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      response.socket?.end(`HTTP/1.1 200 OK\r\n${head}\r\n${csv}`)
      return true
    }
    await expect(sourceAt(server.url).fetch(never)).rejects.toThrow(
      'does not tell how long its answer is; have it send Content-Length.',
    )
  })

  test('that ends within a line, although its length is right', async () => {
    const body = `${JSON.stringify(device)}\n${JSON.stringify(device).slice(0, 20)}`
    const server = await serve({ type: 'application/x-ndjson', body })
    await expect(sourceAt(server.url).fetch(never)).rejects.toThrow('ends within its last line')
  })

  test('whose connection is cut', async () => {
    const server = await serve({ type: 'application/x-ndjson', body: '' })
    server.intercept = (_page, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      response.write(`${JSON.stringify(device)}\n`, () => response.destroy())
      return true
    }
    await expect(sourceAt(server.url).fetch(never)).rejects.toThrow('cut the connection')
  })
})

describe('an encoding that was not requested', () => {
  const encoders = { gzip: gzipSync, 'X-GZIP': gzipSync, deflate: deflateSync, br: brotliCompressSync }

  async function serveEncoded(encoding: string, body: Uint8Array) {
    const server = await serve({ type: 'application/json', body: json })
    server.intercept = (_, response) => {
      const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
      response.writeHead(200, { ...headers, 'content-length': body.length }).end(body)
      return true
    }
    return server
  }

  test.each(Object.entries(encoders))('is decoded: %s', async (encoding, encode) => {
    const server = await serveEncoded(encoding, encode(json))
    expect((await sourceAt(server.url).fetch(never)).records).toEqual([checked])
    expect(server.requests[0]?.headers).not.toHaveProperty('accept-encoding')
  })

  test('is a failure if the text is not encoded like that, or ends early', async () => {
    const whole = gzipSync(json)
    for (const body of [Buffer.from(json), whole.subarray(0, whole.length - 12)]) {
      const server = await serveEncoded('gzip', body)
      await expect(sourceAt(server.url).fetch(never)).rejects.toMatchObject({
        code: 'SOURCE_FAILED',
        message: expect.stringMatching(
          /^\S+ answers with what is not valid gzip \(.+\); see what is wrong with it\.$/,
        ),
      })
    }
  })

  test('is refused if it is unknown', async () => {
    const server = await serveEncoded('zstd', Buffer.from(json))
    await expect(sourceAt(server.url).fetch(never)).rejects.toThrow(
      'answers with the content encoding zstd, which was not asked for; have it send the inventory as it is.',
    )
  })
})

test('a sentence about the URL leaves out its query', async () => {
  const server = await serve({ type: 'text/html', body: '' })
  const failure = sourceAt(`${server.url}/inventory?key=secret`).fetch(never)
  await expect(failure).rejects.toThrow(`${server.url}/inventory answers with text/html`)
})
