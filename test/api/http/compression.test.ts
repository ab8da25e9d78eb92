import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { codingFor, compress } from '../../../src/api/http/compression.ts'
import { record } from '../../store/support/fixture.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'

const DEVICES = Array.from({ length: 200 }, (_, index) => record(`France/Lyon/r${index}`))
const NAMES = '{ devices(first: 1000) { nodes { name address } } }'

const DECODERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  zstd: zstdDecompressSync,
  br: brotliDecompressSync,
  gzip: gunzipSync,
}

/** An answer as it is sent, which `fetch` would decompress. */
async function answerTo({ server }: RunningApi, path: string, headers: Record<string, string>) {
  const [message] = await once(get(`${server.url}${path}`, { headers }), 'response')
  const response: IncomingMessage = message
  const bytes = Buffer.concat(await response.toArray())
  const coding = response.headers['content-encoding']
  const decode = DECODERS[coding ?? ''] ?? ((same: Buffer) => same)
  return { response, bytes, coding, text: decode(bytes).toString() }
}

/** The metrics without their values, which change from one answer to the next. */
function withoutFigures(text: string): string {
  return text.startsWith('# HELP') ? text.replaceAll(/^(# HELP|[^#]).*\n/gm, '') : text
}

describe('the coding of an answer', () => {
  it.each([
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip, deflate, br', 'br'],
    ['GZIP', 'gzip'],
    ['br;q=0, gzip;q=0.1', 'gzip'],
    ['*', 'zstd'],
    ['*, zstd;q=0', 'br'],
    ['identity', undefined],
    ['deflate', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('is the fastest of %j: %s', (given, expected) => {
    expect(codingFor({ 'accept-encoding': given })?.name).toBe(expected)
  })
})

describe('an answer to a client that accepts a coding', () => {
  it.each([
    ['devices', `/graphql?${new URLSearchParams({ query: NAMES })}`, { accept: 'application/json' }],
    ['the hierarchy', '/export/hierarchy.json?all=true', {}],
    ['the export of devices', '/export/devices.ndjson?all=true', {}],
    ['the metrics', '/metrics', {}],
    ['GraphiQL', '/graphql', { accept: 'text/html' }],
  ])('is compressed: %s', async (_what, path, headers) => {
    const api = await startApi(DEVICES)
    const plain = await answerTo(api, path, headers)
    expect(plain.coding).toBeUndefined()
    for (const name of Object.keys(DECODERS)) {
      const { response, bytes, coding, text } = await answerTo(api, path, {
        ...headers,
        'accept-encoding': name,
      })
      expect(coding).toBe(name)
      expect(response.headers.vary).toContain('Accept-Encoding')
      expect(Number(response.headers['content-length'] ?? bytes.length)).toBe(bytes.length)
      expect(response.headers.etag).toBe(plain.response.headers.etag)
      expect(withoutFigures(text) === withoutFigures(plain.text)).toBe(true)
      expect(bytes.length * 2).toBeLessThan(text.length)
    }
  })

  it('is known to the client by the same tag', async () => {
    const api = await startApi(DEVICES)
    const path = `/graphql?${new URLSearchParams({ query: NAMES })}`
    const { etag = '' } = (await answerTo(api, path, { 'accept-encoding': 'gzip' })).response.headers
    const again = await answerTo(api, path, { 'accept-encoding': 'br', 'if-none-match': etag })
    expect([again.response.statusCode, again.coding, again.text]).toEqual([304, undefined, ''])
  })

  it('is sent as it is if it is small', async () => {
    const api = await startApi(DEVICES)
    const path = `/graphql?${new URLSearchParams({ query: '{ countries { name } }' })}`
    const { coding, text } = await answerTo(api, path, { 'accept-encoding': 'gzip' })
    expect([coding, text]).toEqual([undefined, '{"data":{"countries":[{"name":"France"}]}}'])
  })

  it('is compressed once for all who share its bytes', () => {
    const bytes = Buffer.alloc(100_000)
    const [zstd, gzip] = ['zstd', 'gzip'].map((name) => codingFor({ 'accept-encoding': name }))
    if (!zstd || !gzip) throw new Error('Both are known.')
    expect(compress(bytes, zstd)).toBe(compress(bytes, zstd))
    expect(compress(bytes, gzip)).not.toBe(compress(bytes, zstd))
    expect(compress(Buffer.from(bytes), zstd)).not.toBe(compress(bytes, zstd))
  })
})
