import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLIENT_HELLO, MAX_PRE_HELLO_BYTES, parseHello } from '../../../src/netconf/protocol/hello.ts'
import { propertyRuns } from '../../support/property-runs.ts'

const BASE_1_0 = 'urn:ietf:params:netconf:base:1.0'
const BASE_1_1 = 'urn:ietf:params:netconf:base:1.1'
const NS = 'urn:ietf:params:xml:ns:netconf:base:1.0'

// RFC 6241 section 8.1, byte for byte.
const RFC_HELLO = `<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
    <capabilities>
      <capability>
        urn:ietf:params:netconf:base:1.1
      </capability>
      <capability>
        urn:ietf:params:netconf:capability:startup:1.0
      </capability>
      <capability>
        http://example.net/router/2.3/myfeature
      </capability>
    </capabilities>
    <session-id>4</session-id>
  </hello>`

function read(message: string | Buffer) {
  return parseHello(Buffer.from(message))
}

const body = `<capabilities><capability>${BASE_1_0}</capability></capabilities><session-id>7</session-id>`
const plain = `<hello xmlns="${NS}">${body}</hello>`
const parsed = { hello: { capabilities: [BASE_1_0], sessionId: 7, base10: true, base11: false, remarks: [] } }

const NOT_A_NUMBER = (text: string) =>
  `The session-id of the hello is "${text}", not a number from 1 to 4294967295.`

describe('parseHello', () => {
  it('reads the example of RFC 6241', () => {
    expect(read(RFC_HELLO)).toEqual({
      hello: {
        capabilities: [
          'http://example.net/router/2.3/myfeature',
          BASE_1_1,
          'urn:ietf:params:netconf:capability:startup:1.0',
        ],
        sessionId: 4,
        base10: false,
        base11: true,
        remarks: [],
      },
    })
  })

  it.each([
    ['a prefix', `<nc:hello xmlns:nc="${NS}">${body.replaceAll(/<(\/?)/g, '<$1nc:')}</nc:hello>`],
    [
      'two prefixes for one namespace',
      `<hello xmlns="${NS}" xmlns:n="${NS}">${body.replaceAll(/<(\/?)/g, '<$1n:')}</hello>`,
    ],
    ['no namespace', `<hello>${body}</hello>`],
    ['a message-id, as a reply has it', plain.replace('<hello', '<hello message-id="42"')],
    ['an XML declaration', `<?xml version="1.0" encoding="UTF-8"?>\n${plain}`],
    ['CRLF', `<?xml version='1.0' encoding='ASCII'?>\r\n${plain.replaceAll('><', '>\r\n<')}`],
    ['a BOM', `\ufeff${plain}`],
    ['CR, LF and NULs before it', `\r\n\0\0\n${plain}`],
    ['white space and NULs after it', `${plain}\r\n\0\0`],
    ['comments', `<!-- <hello> no zombies -->\n<!-- user netops -->${plain}`],
    ['a comment after the declaration', `<?xml version="1.0"?><!-- a --->${plain}`],
    ['a login banner', `Welcome to <core-1>, netops & friends!\n${plain}`],
    [
      'an unsolicited reply',
      `<rpc-reply><rpc-error><error-message>busy</error-message></rpc-error></rpc-reply>${plain}`,
    ],
    ['CDATA', plain.replace(BASE_1_0, `<![CDATA[${BASE_1_0}]]>`)],
    ['repeats', plain.replace('</capabilities>', `<capability> ${BASE_1_0}\n</capability></capabilities>`)],
    ['an empty capability', plain.replace('</capabilities>', '<capability/></capabilities>')],
    [
      'elements of a vendor',
      plain.replace('</hello>', '<x xmlns="urn:v"><session-id>9</session-id></x></hello>'),
    ],
    [
      'a session-id of a vendor',
      plain.replace('<session-id>', '<v:session-id xmlns:v="urn:v">9</v:session-id><session-id>'),
    ],
  ])('reads a hello with %s', (_what, message) => {
    expect(read(message)).toEqual(parsed)
  })

  it('separates parameters at &amp;', () => {
    const uri = 'urn:x?module=m&amp;revision=2020-01-01'
    expect(read(plain.replace(BASE_1_0, uri))).toMatchObject({
      hello: { capabilities: ['urn:x?module=m&revision=2020-01-01'] },
    })
  })

  it('removes control characters from capabilities', () => {
    const uri = 'urn:\n\x7fa\x9d0;pwn\x85&#x9c;&#10;b'
    expect(read(plain.replace(BASE_1_0, uri))).toMatchObject({ hello: { capabilities: ['urn:a0;pwnb'] } })
  })

  it('reads ISO-8859-1 if it is declared', () => {
    const message = `<?xml version="1.0" encoding="ISO-8859-1"?>${plain.replace(BASE_1_0, 'urn:é')}`
    expect(read(Buffer.from(message, 'latin1'))).toMatchObject({ hello: { capabilities: ['urn:é'] } })
    expect(read(plain.replace(BASE_1_0, 'urn:é'))).toMatchObject({ hello: { capabilities: ['urn:é'] } })
  })

  it.each([
    ['missing', '', null, 'The hello has no session-id.'],
    ['empty', '<session-id/>', null, 'The session-id of the hello is empty.'],
    ['no number', '<session-id>a\x7f\nb</session-id>', null, `${NOT_A_NUMBER('a b')}`],
    ['0', '<session-id>0</session-id>', null, NOT_A_NUMBER('0')],
    ['too large', '<session-id>4294967296</session-id>', null, NOT_A_NUMBER('4294967296')],
    ['padded', '<session-id>\n 12 \n</session-id>', 12, null],
    ['the largest', '<session-id>4294967295</session-id>', 4_294_967_295, null],
    [
      'there twice',
      '<session-id>5</session-id><session-id>6</session-id>',
      5,
      'The hello has 2 session-ids; the first counts.',
    ],
  ])('accepts a session-id that is %s', (_what, element, sessionId, remark) => {
    const message = plain.replace('<session-id>7</session-id>', element)
    const remarks = remark === null ? [] : [remark]
    expect(read(message)).toMatchObject({ hello: { capabilities: [BASE_1_0], sessionId, remarks } })
  })

  it('joins two lists of capabilities', () => {
    const second = `<capabilities><capability>${BASE_1_1}</capability></capabilities></hello>`
    expect(read(plain.replace('</hello>', second))).toMatchObject({
      hello: {
        capabilities: [BASE_1_0, BASE_1_1],
        remarks: ['The hello has 2 lists of capabilities; all of them count.'],
      },
    })
  })

  it('does not accept the echo of our hello', () => {
    expect(read(CLIENT_HELLO)).toEqual({ none: 'echo' })
    expect(read(`\r\n${CLIENT_HELLO.replaceAll('\n', '\r\n')}\r\n`)).toEqual({ none: 'echo' })
    expect(read(`# ${CLIENT_HELLO}`)).toEqual({ none: 'echo' })
  })

  it('accepts a hello with only the two base versions', () => {
    const list = [BASE_1_0, BASE_1_1].map((uri) => `<capability>${uri}</capability>`).join('')
    expect(read(`<hello xmlns="${NS}"><capabilities>${list}</capabilities></hello>`)).toMatchObject({
      hello: { capabilities: [BASE_1_0, BASE_1_1], sessionId: null },
    })
  })

  it.each([
    ['nothing', ''],
    ['another element', '<rpc-reply><ok/></rpc-reply>'],
    ['text of a login', 'Last login:\r\n\x1b[0mtoday'],
    ['a hello in a comment', `<!-- ${plain} -->`],
    ['a comment without end', `<!-- ${plain}`],
    ['a name that starts alike', '<hello-world/>'],
  ])('finds no hello in %s', (_what, message) => {
    expect(read(message)).toEqual({ none: 'other' })
  })

  it.each([
    ['a DTD', `<!DOCTYPE a [<!ENTITY b "${'c'.repeat(10)}">]>${plain}`, 'a document type (DTD)'],
    ['an entity', plain.replace(BASE_1_0, '&lol;'), 'undefined entity'],
    ['an element without end', plain.replace('</capability>', ''), 'not well-formed XML (1:'],
    ['a second root', `${plain}<hello/>`, 'not well-formed XML'],
    ['text after it', `${plain} bye`, 'text data outside of root node'],
    ['the middle of it', plain.slice(0, 90), 'not well-formed XML'],
    ['a prefix without a namespace', '<nc:hello><nc:capabilities/></nc:hello>', 'unbound namespace prefix'],
    ['another namespace', '<hello xmlns="urn:other"><capabilities/></hello>', 'its namespace is urn:other'],
    ['a control character', plain.replace(BASE_1_0, 'urn:\x01'), 'disallowed character'],
    [
      'UTF-16',
      `<?xml version="1.0" encoding="UTF-16"?>${plain.replace(BASE_1_0, 'urn:é')}`,
      'encoded in utf-16',
    ],
    ['invalid UTF-8', Buffer.from(plain.replace(BASE_1_0, 'urn:é'), 'latin1'), 'not valid UTF-8'],
    [
      'too many bytes before it',
      `${'.'.repeat(MAX_PRE_HELLO_BYTES + 1)}${plain}`,
      'more than 65536 bytes stand before it',
    ],
    ['attributes without end', `<hello${' xmlns:a="u"'.repeat(65)}/>`, 'more than 64 attributes'],
    ['elements without end', `<hello>${'<a/>'.repeat(50_000)}</hello>`, 'more than 50000 elements'],
    ['deep nesting', `<hello>${'<a>'.repeat(100)}${'</a>'.repeat(100)}</hello>`, 'nested more than 16 deep'],
    ['a long URI', plain.replace(BASE_1_0, 'u'.repeat(20_000)), 'longer than 16384 characters'],
    [
      'too many capabilities',
      plain.replace(
        '</capabilities>',
        `${Array.from({ length: 10_001 }, (_, i) => `<capability>u:${i}</capability>`).join('')}</capabilities>`,
      ),
      'more than 10000 capabilities',
    ],
  ])('refuses %s', (_what, message, violation) => {
    expect(read(message)).toEqual({ violation: expect.stringContaining(violation) })
  })

  it('names the line of a violation, counted from the XML declaration', () => {
    const message = `banner\n<?xml version="1.0"?>\n<hello>\n<capabilities>\n<capability>urn:a</capabilit>`
    expect(read(message)).toEqual({ violation: expect.stringContaining('(4:') })
  })

  it('reads 2,000 capabilities', () => {
    const uris = Array.from(
      { length: 2000 },
      (_, index) => `urn:example:yang:module-${index}?module=m${index}`,
    )
    const list = uris.map((uri) => `<capability>${uri}</capability>`).join('\n')
    expect(read(`<hello xmlns="${NS}"><capabilities>${list}</capabilities></hello>`)).toMatchObject({
      hello: { capabilities: uris.sort() },
    })
  })

  it('reads any list of capabilities that it has written', () => {
    const escaped = (value: string) =>
      value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    const uri = fc.webUrl({ withQueryParameters: true, withFragments: true })
    fc.assert(
      fc.property(fc.uniqueArray(uri, { maxLength: 5 }), fc.constantFrom('', ' ', '\r\n\t'), (uris, pad) => {
        const list = uris.map((value) => `<capability>${pad}${escaped(value)}${pad}</capability>`).join(pad)
        const result = read(`<hello xmlns="${NS}"><capabilities>${list}</capabilities></hello>`)
        expect(result).toMatchObject({ hello: { capabilities: uris.sort() } })
      }),
    )
  })

  it('never throws, whatever the bytes are', () => {
    const token = fc.constantFrom(
      '<hello>',
      '<hello',
      '</hello>',
      '<!--',
      '-->',
      '<?xml ',
      '?>',
      '<!DOCTYPE',
      ']]>',
      '&',
      ';',
      '"',
      '<a xmlns:b="',
      plain,
    )
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
      fc.array(fc.oneof(token, fc.string()), { maxLength: 20 }).map((parts) => Buffer.from(parts.join(''))),
    )
    fc.assert(
      fc.property(bytes, (message) => {
        expect(Object.keys(parseHello(message))).toHaveLength(1)
      }),
      { numRuns: propertyRuns(250) },
    )
  })
})
