import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { type HttpSession, withHttpSession } from '../../../src/sources/http/http-session.ts'
import { RetryClock, TIMEOUT_MS, TOTAL_TIMEOUT_MS } from '../support/retry-clock.ts'
import { TestServer } from '../support/test-server.ts'

const servers: TestServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

async function serve() {
  const server = await TestServer.start(
    (_, response) => response.end('all is well'),
    () => true,
  )
  servers.push(server)
  const url = new URL(server.url)
  const options = {
    url,
    login: null,
    ca: null,
    tlsServerName: null,
    timeoutMs: TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
    clock: new RetryClock(),
  }
  const get = (maxBytes: number, requests = 1) =>
    withHttpSession(options, new AbortController().signal, async (session: HttpSession) => {
      const answers: string[] = []
      while (answers.length < requests) {
        const request = { method: 'GET', url, headers: {}, maxBytes } as const
        answers.push(await session.request(request, ({ body }) => text(body)))
      }
      return answers
    })
  return { server, get }
}

test('sends one request after the other over one connection', async () => {
  const { server, get } = await serve()
  expect(await get(11, 3)).toEqual(['all is well', 'all is well', 'all is well'])
  expect(server.connections).toBe(1)
})

test('continues if the server closes each connection after an answer without announcing it', async () => {
  const { server, get } = await serve()
  server.intercept = (_, response) => {
    const { socket } = response
    response.on('finish', () => socket?.destroy())
    return false
  }
  expect(await get(11, 3)).toEqual(['all is well', 'all is well', 'all is well'])
})

test.each(['announced', 'not announced'])('limits the bytes of an answer whose length is %s', async (how) => {
  const { server, get } = await serve()
  server.intercept = (_, response) => {
    if (how === 'not announced') response.flushHeaders()
    return false
  }
  await expect(get(10)).rejects.toMatchObject({
    code: 'SOURCE_FAILED',
    message: `${server.url}/ answers with more than 1 MiB; check what it is, and take fewer at a time or split it over several sources.`,
  })
  expect(server.requests).toHaveLength(1)
})

test('limits the decoded bytes of an answer', async () => {
  const { server, get } = await serve()
  const body = gzipSync(Buffer.alloc(100_000))
  server.intercept = (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body)
    return true
  }
  await expect(get(body.length)).rejects.toThrow('answers with more than 1 MiB')
  expect((await get(100_000))[0]).toHaveLength(100_000)
})

test('closes the connection if it does not need the answer', async () => {
  const { server, get } = await serve()
  const hungUp = Promise.withResolvers<void>()
  server.intercept = (page, response) => {
    if (page === 1) {
      response.on('close', hungUp.resolve)
      response.writeHead(302, { location: '/elsewhere', 'content-length': 1e9 }).write('elsewhere')
    } else {
      void hungUp.promise.then(() => response.end('all is well'))
    }
    return true
  }
  expect(await get(1e6)).toEqual(['all is well'])
})
