import { describe, expect, it } from 'vitest'
import { encodeChunked } from '../../../src/netconf/protocol/framing.ts'
import { Session } from '../../../src/netconf/protocol/session.ts'
import { MemoryTransport } from '../support/memory-transport.ts'
import { BASES, helloOf } from '../support/ssh-device.ts'

async function opened(bases = BASES) {
  const server = new MemoryTransport()
  const session = new Session(server)
  const opening = session.open()
  server.answer(`${helloOf(bases)}]]>]]>`)
  await opening
  server.sent = ''
  return { server, session }
}

function replyTo(id: string | null, content: string): string {
  const attribute = id === null ? '' : ` message-id="${id}"`
  return encodeChunked(
    `<rpc-reply${attribute} xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">${content}</rpc-reply>`,
  )
}

const PENDING = Symbol('pending')

/** What a promise has come to by now. */
function now<T>(promise: Promise<T>): Promise<T | typeof PENDING> {
  return Promise.race([promise, new Promise<typeof PENDING>((resolve) => setImmediate(resolve, PENDING))])
}

describe('rpc', () => {
  const first =
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<rpc message-id="1" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><get/></rpc>'

  it.each([
    [
      'in chunks if both offer base:1.1',
      BASES,
      `\n#${first.length}\n${first}\n##\n`,
      '\n#19\n<rpc-reply><data/>\n\n#12\n</rpc-reply>\n##\n',
    ],
    [
      'up to the end of message if not',
      BASES.slice(0, 1),
      `${first}]]>]]>`,
      '<rpc-reply><data/></rpc-reply>]]>]]>',
    ],
  ])('sends a request %s', async (_what, bases, asked, reply) => {
    const { server, session } = await opened(bases)
    const result = session.rpc('<get/>')
    expect(server.sent).toBe(asked)
    server.answer(...reply)
    expect(await result).toMatchObject({ reply: { name: 'rpc-reply', children: [{ name: 'data' }] } })
  })

  it('gives each request the reply with its message-id, in whatever order they come', async () => {
    const { server, session } = await opened()
    const results = [session.rpc('<a/>'), session.rpc('<b/>')]
    server.answer(replyTo('2', '<second/>') + replyTo('1', '<first/>'))
    expect(await Promise.all(results)).toMatchObject([
      { reply: { children: [{ name: 'first' }] } },
      { reply: { children: [{ name: 'second' }] } },
    ])
  })

  it.each([
    ['a foreign message-id', replyTo('99', '<ok/>')],
    ['one that is like it', replyTo('1 ', '<ok/>')],
    [
      'a notification',
      encodeChunked('<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/>'),
    ],
    ['its message-id inside of it', replyTo('7', '<a message-id="1"/>')],
  ])('ignores %s', async (_what, message) => {
    const { server, session } = await opened()
    const result = session.rpc('<get/>')
    server.answer(message)
    expect(await now(result)).toBe(PENDING)
    server.answer(replyTo('1', '<ok/>'))
    expect(await result).toMatchObject({ reply: { children: [{ name: 'ok' }] } })
  })

  it('ignores a reply that comes twice', async () => {
    const { server, session } = await opened()
    const result = session.rpc('<a/>')
    server.answer(replyTo('1', '<ok/>'))
    await result
    const next = session.rpc('<b/>')
    server.answer(replyTo('1', '<late/>'))
    expect(await now(next)).toBe(PENDING)
  })

  it.each([
    [
      'an error',
      replyTo('1', '<rpc-error><error-tag>operation-not-supported</error-tag></rpc-error>'),
      'operation-not-supported',
    ],
    [
      'an error that names no request',
      replyTo(null, '<rpc-error><error-tag>malformed-message</error-tag></rpc-error>'),
      'malformed-message',
    ],
    [
      'bytes that are not XML',
      encodeChunked('<rpc-reply'),
      'a reply that cannot be used: it is not well-formed XML (1:',
    ],
    [
      'a billion laughs',
      encodeChunked('<!DOCTYPE lolz [<!ENTITY lol "lol">]><rpc-reply>&lol;</rpc-reply>'),
      'a document type (DTD)',
    ],
  ])('is refused with %s', async (_what, message, refusal) => {
    const { server, session } = await opened()
    const result = session.rpc('<get/>')
    server.answer(message)
    expect(await result).toMatchObject({ refusal: expect.stringContaining(refusal) })
  })

  it.each<[string, (server: MemoryTransport) => void, string]>([
    ['hangs up', (server) => server.end(), 'The device closed the session; check'],
    ['says why and hangs up', (server) => server.end('killed'), 'closed the session and said "killed"'],
    [
      'hangs up in the middle',
      (server) => {
        server.answer('\n#4\n<rpc')
        server.end()
      },
      'closed the session 4 bytes into a reply',
    ],
    [
      'breaks the framing',
      (server) => server.answer('<rpc-reply/>]]>]]>'),
      'it offers base:1.1, but a message is not in chunks',
    ],
    [
      'announces too much',
      (server) => server.answer('\n#4194305\n'),
      'a message is longer than 4194304 bytes',
    ],
  ])('is lost if the server %s, and so is the next', async (_what, act, lost) => {
    const { server, session } = await opened()
    const result = session.rpc('<get/>')
    act(server)
    expect(await result).toEqual({ lost: expect.stringContaining(lost) })
    expect(await session.rpc('<get/>')).toEqual(await result)
    await expect(session.close()).resolves.toBeUndefined()
  })
})
