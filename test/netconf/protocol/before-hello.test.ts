import { describe, expect, it } from 'vitest'
import { CLIENT_HELLO } from '../../../src/netconf/protocol/hello.ts'
import { Session } from '../../../src/netconf/protocol/session.ts'
import { MemoryTransport } from '../support/memory-transport.ts'
import { BASES, helloOf } from '../support/ssh-device.ts'

const END = ']]>]]>'
const NS = 'urn:ietf:params:xml:ns:netconf:base:1.0'
const HELLO = helloOf(BASES)
const ERROR =
  '<rpc-error><error-type>protocol</error-type><error-tag>resource-denied</error-tag>' +
  '<error-severity>error</error-severity><error-message xml:lang="en">maximum number of\n sessions reached.</error-message></rpc-error>'
const REPLY = `<rpc-reply xmlns="${NS}">${ERROR}</rpc-reply>`
const TOLD = 'answered with an error instead of a hello: resource-denied: maximum number of sessions reached'
const IN_CHUNKS = 'sent its hello in chunked framing, which begins only after the hellos'

function opened(...pieces: (string | Buffer)[]) {
  const server = new MemoryTransport()
  const session = new Session(server)
  const opening = session.open()
  server.answer(...pieces)
  return { server, session, opening }
}

/** Something complete that is no hello, with nothing after it. */
const WRONG: [string, string | Buffer, string][] = [
  ['an error', `${REPLY}${END}`, TOLD],
  [
    'an error with a prefix and a declaration',
    `<?xml version="1.0"?>\n<nc:rpc-reply xmlns:nc="${NS}">${ERROR.replaceAll(/<(\/?)/g, '<$1nc:')}</nc:rpc-reply>${END}\n`,
    TOLD,
  ],
  ['an error without a reply around it', `${ERROR}${END}`, TOLD],
  ['an error without a namespace', `<rpc-reply>${ERROR}</rpc-reply>${END}`, TOLD],
  ['an error after a banner', `Welcome${END}${REPLY}${END}`, TOLD],
  ['an error before a banner', `${REPLY}${END}Goodbye${END}`, TOLD],
  ['an error after an echo', `${CLIENT_HELLO}${END}${REPLY}${END}`, TOLD],
  ['an error without a delimiter', `${REPLY}\n`, TOLD],
  [
    'an error without a word',
    `<rpc-error/>${END}`,
    'answered with an error instead of a hello: an error without a word',
  ],
  [
    'a warning',
    `<rpc-error><error-severity>warning</error-severity></rpc-error>${END}`,
    'sent "<rpc-error><error-severity>warning</error-severity></rpc-error>" instead of a hello',
  ],
  [
    'a malformed error',
    `<rpc-error><a></rpc-error>${END}`,
    'sent "<rpc-error><a></rpc-error>" instead of a hello',
  ],
  ['a reply', `<rpc-reply><ok/></rpc-reply>${END}`, 'sent "<rpc-reply><ok/></rpc-reply>" instead of a hello'],
  [
    'another element',
    `<?xml version="1.0" encoding="UTF-8"?>\n<!-- a --><capabilities/>${END}`,
    'sent "<capabilities/>" instead of a hello',
  ],
  ['a comment alone', `<!-- busy -->${END}`, 'sent "<!-- busy -->" instead of a hello'],
  [
    'HTML',
    `<!DOCTYPE html><html><h1>Bad\r\n Request</h1></html>${END}`,
    'sent "<!DOCTYPE html><html><h1>Bad Request</h1></html>" instead of a hello',
  ],
  ['a banner', `\r\nGrüße von r1\x1b[0m\r\n${END}`, 'sent "Grüße von r1 [0m" instead of a hello'],
  [
    'bytes that cannot be printed',
    Buffer.concat([Buffer.of(0x7f, 0x9b), Buffer.from(END)]),
    'sent bytes that are not text instead of a hello',
  ],
  ['a banner in Latin-1', Buffer.from(`Grüße${END}`, 'latin1'), 'sent "Grüße" instead of a hello'],
  ['an empty message', `\r\n${END}\n`, 'sent an empty message instead of a hello'],
  ['the echo of ours', `${CLIENT_HELLO}${END}`, 'sent our own hello back and none of its own'],
  ['a hello in chunks', `\n#${HELLO.length}\n${HELLO}\n##\n`, IN_CHUNKS],
  [
    'an error in chunks',
    `\n#${ERROR.length}\n${ERROR}\n##\n`,
    `sent "${ERROR.slice(0, 120)}…" in chunks instead of a hello`,
  ],
  [
    'a hello without its delimiter',
    `${HELLO}\r\n`,
    'sent a hello without the delimiter that ends it, "]]>]]>"',
  ],
  ['UTF-16', Buffer.from(HELLO, 'utf16le'), 'sent UTF-16 instead of a hello in UTF-8'],
]

const DELIMITED = WRONG.filter(([, answer]) => answer.toString().trimEnd().endsWith(END))

describe('input instead of a hello', () => {
  it.each(WRONG)('is described: %s', (_what, answer, what) => {
    expect(opened(answer).session.preHelloInput).toEqual({ kind: 'wrong', what })
  })

  it.each(WRONG)('is described at the end of the session: %s', async (_what, answer, what) => {
    const { server, opening } = opened(answer)
    server.end()
    expect(await opening).toMatchObject({
      hello: null,
      failure: { outcome: 'PROTOCOL_ERROR', message: expect.stringContaining(what) },
    })
  })

  it('is described if the server drops the connection after it', async () => {
    const { server, opening } = opened(`${REPLY}${END}`)
    server.lose({ outcome: 'CONNECTION_LOST', message: 'Lost.' })
    expect(await opening).toEqual({
      hello: null,
      failure: {
        outcome: 'PROTOCOL_ERROR',
        message: `The device ${TOLD}, and closed the connection; check its NETCONF service and its limit of sessions.`,
      },
    })
  })

  it('does not replace the failure of a connection that is lost in the middle of a hello', async () => {
    const failure = { outcome: 'CONNECTION_LOST', message: 'Lost.' } as const
    const { server, opening } = opened(`${REPLY}${END}${HELLO.slice(0, 50)}`)
    server.lose(failure)
    expect(await opening).toEqual({ hello: null, failure })
  })

  it.each(DELIMITED)('is ignored if a hello follows: %s', async (_what, answer) => {
    const { opening } = opened(answer, `${HELLO}${END}`)
    expect(await opening).toMatchObject({ hello: { sessionId: 4 }, failure: null })
  })

  it('refuses a message that is a hello in chunks at once', async () => {
    const { opening } = opened(`\n#${HELLO.length}\n${HELLO}\n##\n${END}`)
    expect(await opening).toMatchObject({
      failure: { message: `The device ${IN_CHUNKS}; check its NETCONF service.` },
    })
  })
})

describe('an incomplete hello', () => {
  it.each([
    ['nothing', '', { kind: 'nothing' }],
    ['blanks', '\r\n\0\ufeff', { kind: 'nothing' }],
    ['the start of a tag', '\n<hel', { kind: 'part', bytes: 5 }],
    ['a declaration', '<?xml version="1.0"?>\n', { kind: 'part', bytes: 22 }],
    ['half a declaration', '<?xml vers', { kind: 'part', bytes: 10 }],
    ['half a comment', '<!-- No zombies <', { kind: 'part', bytes: 17 }],
    ['half of it', HELLO.slice(0, 70), { kind: 'part', bytes: 70 }],
    ['half of it after an error', `${REPLY}${END}${HELLO.slice(0, 70)}`, { kind: 'part', bytes: 70 }],
    ['part of the delimiter', `${HELLO}]]>]]`, { kind: 'part', bytes: HELLO.length + 5 }],
    ['a prompt', '\r\nrouter# ', { kind: 'text', quoted: '"router#"' }],
    ['another element', '<html><body>', { kind: 'text', quoted: '"<html><body>"' }],
  ])('is described by the bytes so far: %s', (_what, answer, expected) => {
    expect(opened(answer).session.preHelloInput).toEqual(expected)
  })

  it('is described by the first bytes only, however many there are', () => {
    const bytes = Buffer.alloc(4_000_000, 'router# ')
    bytes.write(HELLO, 2_000_000)
    expect(opened(bytes).session.preHelloInput).toEqual({
      kind: 'text',
      quoted: expect.stringMatching(/^"router# router#/),
    })
  })

  it("is described with the server's message if that closes the session", async () => {
    const { server, opening } = opened('% Access denied\r\n')
    server.end()
    expect(await opening).toMatchObject({
      failure: {
        outcome: 'PROTOCOL_ERROR',
        message: expect.stringContaining(
          'sent "% Access denied" instead of a hello, and closed the session;',
        ),
      },
    })
  })
})
