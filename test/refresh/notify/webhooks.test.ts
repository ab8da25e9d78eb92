import { once } from 'node:events'
import { createServer } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../src/base/clock.ts'
import { createLogger, silentLogger } from '../../../src/base/log.ts'
import type { Receiver } from '../../../src/config/notify-schema.ts'
import { type Notice, noticeId } from '../../../src/refresh/notify/notice.ts'
import { Webhooks } from '../../../src/refresh/notify/webhooks.ts'
import { pem, type SeenRequest, TestServer } from '../../sources/support/test-server.ts'
import { until } from '../../support/until.ts'
import { SIGNING_SECRET, startReceiver } from '../support/receiver.ts'

const NOTICE: Notice = {
  type: 'credential.suspended',
  id: noticeId('credential.suspended', 'core', 1),
  at: Date.UTC(2026, 4, 3),
  message: 'The credential "core" is suspended.',
  about: { credential: { name: 'core' } },
}

const always = () => true

/** A clock on which every pause between two tries is over at once, and whatever else takes its time. */
function hurriedClock() {
  const pauses: number[] = []
  return {
    pauses,
    clock: {
      ...systemClock,
      after(delayMs: number, callback: () => void) {
        const isPause = delayMs >= 5_000 && delayMs !== 10_000
        if (isPause) pauses.push(delayMs)
        return systemClock.after(isPause ? 0 : delayMs, callback)
      },
    },
  }
}

function newWebhooks(receivers: Receiver[], { clock = systemClock, log = silentLogger } = {}): Webhooks {
  const webhooks = new Webhooks({ receivers, clock, log })
  onTestFinished(() => webhooks.close())
  return webhooks
}

const delivered = (webhooks: Webhooks) => until(() => webhooks.counts.every(({ pending }) => pending === 0))

describe('a webhook', () => {
  it('is JSON with a signature that the library of Standard Webhooks accepts', async () => {
    const { receiver, requests } = await startReceiver()
    const webhooks = newWebhooks([receiver])
    webhooks.send(NOTICE, always)
    await delivered(webhooks)
    const { method, url, headers, body } = requests[0] as SeenRequest
    expect({ method, path: url.pathname, type: headers['content-type'] }).toEqual({
      method: 'POST',
      path: '/hook/path-that-is-secret',
      type: 'application/json',
    })
    const verified = new Webhook(SIGNING_SECRET).verify(body, headers as Record<string, string>)
    expect(verified).toEqual({
      type: 'credential.suspended',
      id: headers['webhook-id'],
      timestamp: '2026-05-03T00:00:00.000Z',
      data: { message: 'The credential "core" is suspended.', credential: { name: 'core' } },
    })
    const other = new Webhook(`whsec_${Buffer.alloc(32).toString('base64')}`)
    expect(() => other.verify(body, headers as Record<string, string>)).toThrow()
    expect(webhooks.counts).toMatchObject([{ delivered: 1, failed: 0, dropped: 0, pending: 0 }])
  })

  it('is sent to the receivers that want it', async () => {
    const [one, other] = [await startReceiver(), await startReceiver()]
    const webhooks = newWebhooks([one.receiver, other.receiver])
    webhooks.send(NOTICE, ({ url }) => url === other.receiver.url)
    await delivered(webhooks)
    expect([one.requests.length, other.requests.length]).toEqual([0, 1])
  })

  it('is tried again with the same id until the receiver takes it', async () => {
    const statuses = [500, 302, 429, 200]
    const { receiver, requests } = await startReceiver((response) => {
      const status = statuses.shift() ?? 200
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end()
    })
    const { clock, pauses } = hurriedClock()
    const webhooks = newWebhooks([receiver], { clock })
    webhooks.send(NOTICE, always)
    await delivered(webhooks)
    expect(requests.map(({ url }) => url.pathname)).toEqual(Array(4).fill('/hook/path-that-is-secret'))
    expect(new Set(requests.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([NOTICE.id]))
    expect(webhooks.counts).toMatchObject([{ delivered: 1, failed: 0 }])
    expect(pauses).toHaveLength(3)
    for (const [index, leastMs] of [5_000, 30_000, 120_000].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(leastMs)
      expect(pauses[index]).toBeLessThanOrEqual(leastMs * 1.2)
    }
  })

  it('is given up after six tries, and the log says why without path or secret', async () => {
    const lines: string[] = []
    const log = createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
    const { receiver, requests } = await startReceiver((response) => void response.writeHead(503).end())
    const webhooks = newWebhooks([receiver], { clock: hurriedClock().clock, log })
    webhooks.send(NOTICE, always)
    await delivered(webhooks)
    expect(requests).toHaveLength(6)
    expect(webhooks.counts).toMatchObject([{ delivered: 0, failed: 1 }])
    const text = lines.join('')
    expect(text).toContain('a webhook was given up: its receiver answered HTTP 503 Service Unavailable')
    expect(text).not.toContain('path-that-is-secret')
    expect(text).not.toContain(SIGNING_SECRET.slice(6))
  })

  it('is given up at once if the receiver is gone for good', async () => {
    const { receiver, requests } = await startReceiver((response) => void response.writeHead(410).end())
    const webhooks = newWebhooks([receiver])
    webhooks.send(NOTICE, always)
    await delivered(webhooks)
    expect(requests).toHaveLength(1)
    expect(webhooks.counts).toMatchObject([{ failed: 1 }])
  })

  it('goes over TLS only to a server that the certificates prove', async () => {
    const server = await TestServer.start(
      (_seen, response) => void response.writeHead(200).end(),
      () => false,
      pem('test-server.cert'),
    )
    onTestFinished(() => server.close())
    const { receiver } = await startReceiver()
    const known = { ...receiver, url: server.url, ca: pem('test-server.cert') }
    const { clock } = hurriedClock()
    const webhooks = newWebhooks([known, { ...known, ca: null }], { clock })
    webhooks.send(NOTICE, always)
    await delivered(webhooks)
    expect(webhooks.counts).toMatchObject([{ delivered: 1 }, { failed: 1 }])
    expect(server.requests).toHaveLength(1)
  })
})

describe('a receiver that hangs', () => {
  it('has 10 s to answer, and an answer that never ends is not read', async () => {
    const limits: (() => void)[] = []
    const clock = {
      ...systemClock,
      after(delayMs: number, callback: () => void) {
        if (delayMs !== 10_000) return systemClock.after(delayMs >= 5_000 ? 0 : delayMs, callback)
        limits.push(callback)
        return () => undefined
      },
    }
    let tries = 0
    const { receiver, received } = await startReceiver((response) => {
      tries += 1
      // The second answer has a status, and a body without an end.
      if (tries === 2) response.writeHead(200).write('x'.repeat(100_000))
    })
    const webhooks = newWebhooks([receiver], { clock })
    webhooks.send(NOTICE, always)
    await received(1)
    limits[0]?.()
    await delivered(webhooks)
    expect(webhooks.counts).toMatchObject([{ delivered: 1, failed: 0 }])
  })

  it('holds up no other receiver, and at most a hundred webhooks wait for it', async () => {
    const hanging = await startReceiver(() => undefined)
    const good = await startReceiver()
    const clock = {
      ...systemClock,
      // The end of the test does not wait for it.
      after: (delayMs: number, callback: () => void) =>
        systemClock.after(delayMs === 3_000 ? 0 : delayMs, callback),
    }
    const webhooks = newWebhooks([hanging.receiver, good.receiver], { clock })
    for (let index = 0; index < 100; index += 1) webhooks.send({ ...NOTICE, id: `msg_${index}` }, always)
    await good.received(100)
    webhooks.send(NOTICE, ({ url }) => url === hanging.receiver.url)
    expect(webhooks.counts).toMatchObject([{ delivered: 0, dropped: 1, pending: 100 }, { dropped: 0 }])
  })

  it('delays the end by the grace only, which a webhook that waits for its next try does not', async () => {
    const graces: (() => void)[] = []
    const clock = {
      ...systemClock,
      after(delayMs: number, callback: () => void) {
        if (delayMs !== 3_000) return systemClock.after(delayMs, callback)
        graces.push(callback)
        return () => undefined
      },
    }
    const { receiver, received } = await startReceiver((response, { body }) => {
      if (body.includes('msg_failing')) response.writeHead(500).end()
    })
    const webhooks = newWebhooks([receiver], { clock })
    webhooks.send({ ...NOTICE, id: 'msg_failing' }, always)
    webhooks.send({ ...NOTICE, id: 'msg_hanging' }, always)
    await received(2)
    const closed = webhooks.close()
    graces[0]?.()
    await closed
    expect(webhooks.counts).toMatchObject([{ failed: 2, pending: 0 }])
  })

  it.each([
    ['may speak no HTTP at all', '220 mail.example ESMTP\r\n'],
    [
      'may change the protocol',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n',
    ],
  ])('%s', async (_title, answer) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end(answer))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void server.close())
    const { receiver } = await startReceiver()
    const { port } = server.address() as { port: number }
    const { clock } = hurriedClock()
    const webhooks = newWebhooks([{ ...receiver, url: `http://127.0.0.1:${port}/` }], { clock })
    webhooks.send(NOTICE, always)
    await delivered(webhooks)
    expect(webhooks.counts).toMatchObject([{ failed: 1 }])
  })
})
