import { describe, expect, it } from 'vitest'
import { CLIENT_HELLO } from '../../../src/netconf/protocol/hello.ts'
import { Session } from '../../../src/netconf/protocol/session.ts'
import { MemoryTransport } from '../support/memory-transport.ts'
import { BASES, helloOf } from '../support/ssh-device.ts'

function opened() {
  const server = new MemoryTransport()
  const session = new Session(server)
  return { server, session, opening: session.open() }
}

const hello = helloOf(BASES)

describe('the exchange of hellos', () => {
  it('sends ours at once, unprefixed, with a declaration and both bases', () => {
    const { server } = opened()
    expect(server.sent).toBe(`${CLIENT_HELLO}]]>]]>`)
    expect(server.sent).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">' +
        '<capabilities><capability>urn:ietf:params:netconf:base:1.1</capability>' +
        '<capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>',
    )
  })

  it.each([
    ['one piece', [`${hello}]]>]]>`]],
    ['a byte at a time', [...`${hello}]]>]]>`]],
    ['after an echo of ours', [`${CLIENT_HELLO}]]>]]>${hello}]]>]]>`]],
    ['after a reply with an error', [`<rpc-reply><rpc-error/></rpc-reply>]]>]]>\n${hello}]]>]]>`]],
  ])('opens with the hello in %s', async (_what, pieces) => {
    const { server, opening } = opened()
    server.answer(...pieces)
    expect(await opening).toMatchObject({ hello: { capabilities: BASES, sessionId: 4 }, failure: null })
  })

  it.each([
    [
      'no base',
      `${helloOf(['urn:ietf:params:xml:ns:netconf:base:1.0?module=ietf-netconf'])}]]>]]>`,
      'offers neither base:1.0 nor base:1.1 among its 1 capabilities',
    ],
    ['no capability', '<hello><capabilities/></hello>]]>]]>', 'among its 0 capabilities'],
    [
      'malformed XML',
      '<hello><capabilities></hello>]]>]]>',
      'hello cannot be used: it is not well-formed XML',
    ],
    [
      'a hello of 4 MiB and more',
      `<hello>${'x'.repeat(4 * 1024 * 1024)}`,
      'a message is longer than 4194304 bytes',
    ],
    [
      'messages without a hello',
      '<ok/>]]>]]>'.repeat(20_000),
      'more than 65536 bytes before its hello, after "<ok/>"',
    ],
  ])('fails with %s', async (_what, answer, message) => {
    const { server, opening } = opened()
    server.answer(answer)
    expect(await opening).toMatchObject({
      hello: null,
      failure: { outcome: 'PROTOCOL_ERROR', message: expect.stringContaining(message) },
    })
  })

  it.each([
    ['', '', 'closed the session without a hello; check'],
    [hello.slice(0, 90), '', 'closed the session 90 bytes into its hello, before the end of it; check'],
    [
      `<ok/>]]>]]>${hello.slice(0, 90)}`,
      '',
      'closed the session 90 bytes into its hello, before the end of it, after "<ok/>"; check',
    ],
    ['', 'netconf: not found', 'closed the session without a hello and said "netconf: not found"; check'],
  ])('fails at an end after %j', async (answer, stderr, message) => {
    const { server, opening } = opened()
    server.answer(answer)
    server.end(stderr)
    expect(await opening).toMatchObject({
      hello: null,
      failure: { outcome: 'PROTOCOL_ERROR', message: expect.stringContaining(message) },
    })
  })
})

describe('close', () => {
  const request =
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<rpc message-id="1" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><close-session/></rpc>'

  it.each([
    [
      'chunked framing if both offer base:1.1',
      BASES,
      `\n#${request.length}\n${request}\n##\n`,
      '\n#5\n<ok/>\n##\n',
    ],
    [
      'chunked framing if base:1.1 has a parameter',
      ['urn:ietf:params:netconf:base:1.1?arg=val'],
      `\n#${request.length}\n${request}\n##\n`,
      '\n#5\n<ok/>\n##\n',
    ],
    ['end-of-message framing if not', BASES.slice(0, 1), `${request}]]>]]>`, '<ok/>]]>]]>'],
  ])('sends a request in %s and resolves at the reply', async (_what, bases, asked, reply) => {
    const { server, session, opening } = opened()
    server.answer(`${helloOf(bases)}]]>]]>`)
    await opening
    server.sent = ''
    const closing = session.close()
    expect(server.sent).toBe(asked)
    server.answer(reply)
    await expect(closing).resolves.toBeUndefined()
  })

  it.each([
    ['hangs up', (server: MemoryTransport) => server.end()],
    ['breaks the framing', (server: MemoryTransport) => server.answer('<ok/>')],
  ])('resolves when the server %s', async (_what, act) => {
    const { server, session, opening } = opened()
    server.answer(`${hello}]]>]]>`)
    await opening
    const closing = session.close()
    act(server)
    await expect(closing).resolves.toBeUndefined()
  })
})
