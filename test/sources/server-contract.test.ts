import { describe, expect, test } from 'vitest'
import { FLEET, failureOf, servers, start } from './support/contract.ts'
import { never } from './support/inventory-file.ts'
import { TIMEOUT_MS, TOTAL_TIMEOUT_MS } from './support/retry-clock.ts'
import { recordOf } from './support/subjects.ts'
import { pem } from './support/test-server.ts'

describe.each(servers)('%s with a faulty server', (type, by) => {
  const half = '{"count": 10, "totalRows": 10, "next": null, "results": ['

  test('fails if each answer is cut off in the middle', async () => {
    const rig = await start(by)
    const last = type === 'http' ? 1 : 4
    rig.server.intercept = (page, response) => {
      if (page < last) return false
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
      response.write(half, () => response.destroy())
      return true
    }
    expect(await failureOf(rig)).toMatch(
      /^URL\S* cut the connection before it had answered as a whole; see what is wrong with it\.$/,
    )
    expect(rig.server.pages).toBe(last + 3)
  })

  test('continues if one answer is cut off, and returns no device twice', async () => {
    const rig = await start(by)
    rig.server.intercept = (page, response) => {
      if (page !== 1) return false
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' })
      response.write('{"id": 1, "name": "r1", "address": "10.0.0.1", "site": "s", "country": "c"}\n', () =>
        response.destroy(),
      )
      return true
    }
    expect(await rig.source.fetch(never)).toEqual({ records: FLEET.map(recordOf), rejected: [] })
    expect(rig.clock.pauses).toEqual([expect.toSatisfy((pause) => pause >= 500 && pause <= 1000)])
  })

  test('fails on 500 after three pages, with increasing pauses, and does not affect the next fetch', async () => {
    const rig = await start(by)
    const last = type === 'http' ? 1 : 4
    rig.server.intercept = (page, response) => {
      if (page < last) return false
      response.writeHead(500).end('{"Message": "out of order"}')
      return true
    }
    expect(await failureOf(rig)).toMatch(
      /^URL\S* failed to answer \(HTTP 500 Internal Server Error: out of order\), tried 4 times; see what is wrong with it\.$/,
    )
    expect(rig.server.pages).toBe(last + 3)
    const [first = 0, second = 0, third = 0, ...more] = rig.clock.pauses
    expect(more).toEqual([])
    for (const [pause, longest] of [
      [first, 1000],
      [second, 2000],
      [third, 4000],
    ] as const) {
      expect(pause).toBeGreaterThanOrEqual(longest / 2)
      expect(pause).toBeLessThanOrEqual(longest)
    }
    rig.server.intercept = () => false
    expect((await rig.source.fetch(never)).records).toEqual(FLEET.map(recordOf))
  })

  test.each([
    ['seconds', () => '7', 7_000],
    ['a date', (now: number) => new Date(now + 20_000).toUTCString(), 20_000],
    ['seconds without end', () => '86400', 60_000],
  ])('waits as long as the answer 429 demands: %s', async (_, retryAfter, expected) => {
    const rig = await start(by)
    rig.server.intercept = (page, response) => {
      if (page !== 1) return false
      response.writeHead(429, { 'retry-after': retryAfter(rig.clock.now()) }).end()
      return true
    }
    expect((await rig.source.fetch(never)).records).toEqual(FLEET.map(recordOf))
    expect(rig.clock.pauses).toEqual([expected])
  })

  test('fails if 429 does not end', async () => {
    const rig = await start(by)
    rig.server.intercept = (_, response) => {
      response.writeHead(429).end()
      return true
    }
    expect(await failureOf(rig)).toContain(
      'takes no more requests for now (HTTP 429 Too Many Requests), tried 4 times',
    )
  })

  test.each([
    ['half of it', half],
    ['a page for people', '<!doctype html><title>Log in</title>'],
    ['a word', 'maintenance'],
  ])('fails on an answer that is not JSON: %s', async (_, body) => {
    const rig = await start(by)
    rig.server.intercept = (_page, response) => {
      response.writeHead(200, { 'content-length': body.length, 'content-type': 'application/x-ndjson' })
      response.end(body)
      return true
    }
    const isPage = body.startsWith('<') && type !== 'http'
    expect(await failureOf(rig)).toMatch(
      isPage
        ? /^URL\S* answers with a web page in place of JSON, such as a login or an error page; correct the source's "url", or see what answers there\.$/
        : /is not valid JSON at line 1, column \d+: .* where .* must\.$/,
    )
    expect(rig.server.pages).toBe(1)
  })

  test('fails on an answer that is not UTF-8', async () => {
    const rig = await start(by)
    rig.server.intercept = (_page, response) => {
      response.writeHead(200, { 'content-length': 4, 'content-type': 'application/json' })
      response.end(Buffer.from('["\xe4"]', 'latin1').subarray(0, 4))
      return true
    }
    expect(await failureOf(rig)).toContain('is not UTF-8 text')
  })

  test('refuses a server whose certificate is not trusted', async () => {
    const rig = await start(by, { certificate: pem('test-server.cert') })
    expect(await failureOf(rig)).toMatch(
      /^URL\S* shows a certificate that is signed by itself; have it replaced, or name that certificate itself in the source's "caFile"\.$/,
    )
    expect(rig.server.requests).toEqual([])
    expect(rig.clock.pauses).toEqual([])
  })

  test('refuses a server whose certificate is for another host', async () => {
    const certificate = pem('other-host.cert')
    const rig = await start(by, { certificate, ca: certificate })
    expect(await failureOf(rig)).toMatch(
      /^URL\S* shows a certificate that is for another host, other\.example; use a name that it has in the source's "url", or give that name as its "tlsServerName"\.$/,
    )
    expect(rig.server.requests).toEqual([])
  })

  test('accepts a server whose certificate is for the name that the source gives', async () => {
    const certificate = pem('other-host.cert')
    const rig = await start(by, { certificate, ca: certificate, tlsServerName: 'other.example' })
    expect((await rig.source.fetch(never)).records).toEqual(FLEET.map(recordOf))
    const another = await start(by, { certificate, ca: certificate, tlsServerName: 'third.example' })
    expect(await failureOf(another)).toContain('is for another host, other.example')
  })

  test('accepts a server whose certificate the source names', async () => {
    const certificate = pem('test-server.cert')
    const rig = await start(by, { certificate, ca: certificate })
    expect((await rig.source.fetch(never)).records).toEqual(FLEET.map(recordOf))
  })

  test('says what to check if the login is refused, without the login that the server repeats', async () => {
    const rig = await start(by, { wrongLogin: true })
    expect(await failureOf(rig)).toMatch(
      /^URL\S* refused the source's login \(HTTP 40[13] .*\); check its token, or its user name and password, and what they may read\.$/,
    )
    expect(rig.server.requests).toHaveLength(1)
  })

  test('ends if it is aborted in the middle, and leaves nothing behind', async () => {
    const rig = await start(by)
    const controller = new AbortController()
    const reason = new Error('The gateway is closing.')
    const closed = Promise.withResolvers<void>()
    rig.server.intercept = (page, response) => {
      if (page < (type === 'http' ? 1 : 2)) return false
      response.on('close', closed.resolve)
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
      response.write(half, () => controller.abort(reason))
      return true
    }
    await expect(rig.source.fetch(controller.signal)).rejects.toBe(reason)
    await closed.promise
    expect(rig.clock.timers).toBe(0)
  })

  test('ends if it is aborted between two tries', async () => {
    const rig = await start(by)
    const controller = new AbortController()
    const reason = new Error('The gateway is closing.')
    rig.server.intercept = (_, response) => {
      response.writeHead(503, { 'retry-after': '3' }).end()
      return true
    }
    const { after } = rig.clock
    rig.clock.after = (delayMs, callback) => {
      if (delayMs === 3_000) controller.abort(reason)
      return after.call(rig.clock, delayMs, callback)
    }
    await expect(rig.source.fetch(controller.signal)).rejects.toBe(reason)
    expect(rig.server.pages).toBe(1)
    expect(rig.clock.timers).toBe(0)
  })

  test.each(['before it answers', 'in the middle of its answer'])(
    'fails if the server falls silent %s, each time',
    async (when) => {
      const rig = await start(by)
      rig.server.intercept = (_, response) => {
        if (when === 'before it answers') rig.clock.advance(TIMEOUT_MS)
        else {
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
          response.write(half, () => rig.clock.advance(TIMEOUT_MS))
        }
        return true
      }
      expect(await failureOf(rig)).toMatch(
        /^URL\S* was silent for 10 min; raise the source's "timeout", or see why it is slow\.$/,
      )
      expect(rig.server.pages).toBe(4)
    },
  )

  test('fails if it takes longer in total than allowed', async () => {
    const rig = await start(by)
    rig.server.intercept = () => {
      rig.clock.oversleep(TOTAL_TIMEOUT_MS)
      return true
    }
    expect(await failureOf(rig)).toMatch(
      /^URL\S* took longer than 1 d in all; raise the source's "totalTimeout", or see why it is slow\.$/,
    )
    expect(rig.clock.timers).toBe(0)
  })

  test.each(['announced', 'not announced'])('refuses an answer of 10 GB whose length is %s', async (how) => {
    const rig = await start(by)
    const closed = Promise.withResolvers<void>()
    let sent = 0
    rig.server.intercept = (_, response) => {
      response.on('close', closed.resolve)
      const length = how === 'announced' ? { 'content-length': 10 * 1024 ** 3 } : {}
      response.writeHead(200, { 'content-type': 'application/json', ...length })
      const piece = Buffer.alloc(1024 * 1024, ' ')
      const send = (failure?: Error | null) => {
        if (failure) return
        sent += piece.length
        response.write(piece, send)
      }
      send()
      return true
    }
    expect(await failureOf(rig)).toMatch(/^URL\S* (?:answers with more|is larger) than \d+ MiB/)
    await closed.promise
    expect(sent).toBeLessThan(how === 'announced' ? 20 * 1024 ** 2 : 150 * 1024 ** 2)
    expect(rig.server.pages).toBe(1)
  })

  test('does not follow a redirect to another server', async () => {
    const other = await start(by)
    const rig = await start(by)
    rig.server.intercept = (_, response) => {
      response.writeHead(307, { location: other.server.url }).end()
      return true
    }
    expect(await failureOf(rig)).toMatch(/^URL\S* redirects to (?:http:\S+, another server|another place)/)
    expect(other.server.requests).toEqual([])
  })

  test('reports that nobody listens on the port', async () => {
    const rig = await start(by)
    await rig.server.close()
    rig.close = async () => undefined
    expect(await failureOf(rig)).toMatch(
      /^URL\S* refuses connections; check the source's "url", and whether the server runs\.$/,
    )
    expect(rig.clock.pauses).toHaveLength(3)
  })

  test('sends the login and a User-Agent with each request', async () => {
    const rig = await start(by)
    await rig.source.fetch(never)
    for (const { headers } of rig.server.requests) {
      expect(headers).toMatchObject({
        authorization: expect.toSatisfy((value: string) =>
          rig.secrets.some((secret) => value.includes(secret)),
        ),
        'user-agent': expect.stringMatching(/^rollcall\/\d/),
      })
    }
  })
})
