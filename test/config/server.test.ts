import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Config } from '../../src/config/schema.ts'
import { useConfigFile } from './support/config-file.ts'

const file = useConfigFile()

async function load(content: string, env: NodeJS.ProcessEnv = {}): Promise<Config> {
  return await file.load(content, { env })
}

describe('the configuration of the server', () => {
  it('lists the origins whose pages may use it', async () => {
    const { server } = await load(
      'server: { cors: [https://noc.example.org, "http://localhost:5173", loopback] }',
    )
    expect(server.cors).toEqual(['https://noc.example.org', 'http://localhost:5173', 'loopback'])
    expect((await load('')).server.cors).toEqual([])
  })

  it.each([
    'noc.example.org',
    'https://noc.example.org/',
    'https://noc.example.org/app',
    'HTTPS://noc.example.org',
    'https://*.example.org',
    'https://noc.example.org:443',
    'null',
    'file://',
    '',
  ])('refuses anything else as an origin: %j', async (origin) => {
    await expect(load(`server: { cors: [${JSON.stringify(origin)}] }`)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `${file.path}:1: "server.cors[0]" must be an origin such as https://noc.example.org, without a path, not ${JSON.stringify(origin)}.`,
    })
  })

  it('allows all origins only if a token is needed', async () => {
    await expect(load('server: { cors: ["*"] }')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `${file.path}:1: "server.cors[0]" is "*", which would let any page in a browser start refreshes; name the origins, or turn auth on.`,
    })
    const { server } = await load('server: { cors: ["*"] }\nauth: { mode: tokens }')
    expect(server.cors).toEqual(['*'])
  })

  it.each([
    ['', {}, true],
    ['server: { host: localhost }', {}, true],
    ['server: { host: "::1" }', {}, true],
    ['server: { host: 0.0.0.0 }\nauth: { mode: tokens }', {}, false],
    ['server: { host: 0.0.0.0, graphiql: true }\nauth: { mode: tokens }', {}, true],
    ['server: { graphiql: false }', {}, false],
    ['server: { graphiql: false }', { ROLLCALL_SERVER_GRAPHIQL: 'true' }, true],
    ['', { ROLLCALL_SERVER_GRAPHIQL: 'false' }, false],
    ['server: { graphiql: auto }', {}, true],
  ])('serves GraphiQL by default on loopback addresses: %j with %j, %s', async (content, env, expected) => {
    expect((await load(content, env)).server.graphiql).toBe(expected)
  })

  it.each([
    ['server: { graphiql: true, introspection: false }', '"server.introspection"'],
    [
      'server: { graphiql: true }\npersistedOperations: { file: ops.json, only: true }',
      '"persistedOperations.only"',
    ],
  ])('refuses to turn on a GraphiQL that could not work: %j', async (content, other) => {
    await expect(load(content)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        new RegExp(
          `: "server.graphiql" is true, and GraphiQL .* ${other} refuses; change one of the two\\.$`,
        ),
      ),
    })
    expect((await load(content.replace('graphiql: true', 'graphiql: auto'))).server.graphiql).toBe(true)
  })

  it('can turn introspection off', async () => {
    expect((await load('')).server.introspection).toBe(true)
    expect((await load('server: { introspection: false }')).server.introspection).toBe(false)
    expect((await load('', { ROLLCALL_SERVER_INTROSPECTION: 'false' })).server.introspection).toBe(false)
  })

  it.each([
    ['server: { graphiql: maybe }', '"server.graphiql" must be auto, true or false, not "maybe"'],
    ['server: { introspection: 1 }', '"server.introspection" must be true or false, not 1'],
    [
      'server: { cors: https://noc.example.org }',
      '"server.cors" must be a list, not "https://noc.example.org"',
    ],
    ['server: { cor: [] }', '"server.cor" is not a known key; did you mean "server.cors"?'],
  ])('refuses %s', async (content, message) => {
    await expect(load(content)).rejects.toMatchObject({ message: expect.stringContaining(message) })
  })
})

describe('the configuration of persisted operations', () => {
  it('names their file; there is none by default', async () => {
    expect((await load('')).persistedOperations).toEqual({ file: null, only: false })
    expect((await load('persistedOperations: { file: ./ops.json, only: true }')).persistedOperations).toEqual(
      {
        file: join(file.folder, 'ops.json'),
        only: true,
      },
    )
    const env = { ROLLCALL_PERSISTED_OPERATIONS_FILE: 'ops.json', ROLLCALL_PERSISTED_OPERATIONS_ONLY: 'true' }
    expect((await load('', env)).persistedOperations).toEqual({ file: resolve('ops.json'), only: true })
  })

  it('can allow only them if there is a file', async () => {
    await expect(load('persistedOperations: { only: true }')).rejects.toMatchObject({
      message: `${file.path}:1: "persistedOperations.only" is true, which needs "file" beside it: without one there is no operation to allow.`,
    })
  })
})
