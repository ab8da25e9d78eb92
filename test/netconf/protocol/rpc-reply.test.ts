import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseReply } from '../../../src/netconf/protocol/rpc-reply.ts'
import { descendantOf, leafValue } from '../../../src/netconf/protocol/xml-element.ts'
import { propertyRuns } from '../../support/property-runs.ts'

// RFC 6241 section 4.3, byte for byte.
const RFC_ERRORS = `<rpc-reply message-id="101"
     xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"
     xmlns:xc="urn:ietf:params:xml:ns:netconf:base:1.0">
     <rpc-error>
       <error-type>application</error-type>
       <error-tag>invalid-value</error-tag>
       <error-severity>error</error-severity>
       <error-path xmlns:t="http://example.com/schema/1.2/config">
         /t:top/t:interface[t:name="Ethernet0/0"]/t:mtu
       </error-path>
       <error-message xml:lang="en">
         MTU value 25000 is not within range 256..9192
       </error-message>
     </rpc-error>
     <rpc-error>
       <error-type>application</error-type>
       <error-tag>invalid-value</error-tag>
       <error-severity>error</error-severity>
       <error-path xmlns:t="http://example.com/schema/1.2/config">
         /t:top/t:interface[t:name="Ethernet1/0"]/t:address/t:name
       </error-path>
       <error-message xml:lang="en">
         Invalid IP address for interface Ethernet1/0
       </error-message>
     </rpc-error>
   </rpc-reply>`

// RFC 6241 section 6.4.1, byte for byte.
const RFC_DATA = `<rpc-reply message-id="101"
     xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">
  <data>
  </data>
</rpc-reply>`

const NS = 'urn:ietf:params:xml:ns:netconf:base:1.0'

function read(message: string | Buffer) {
  return parseReply(Buffer.from(message))
}

/** A reply that holds one element, and what came of it. */
function data(content: string) {
  const result = read(`<rpc-reply xmlns="${NS}"><data>${content}</data></rpc-reply>`)
  return 'reply' in result ? result.reply.element : undefined
}

describe('parseReply', () => {
  it('reads the errors of RFC 6241', () => {
    expect(read(RFC_ERRORS)).toMatchObject({
      reply: {
        messageId: '101',
        refusal: 'invalid-value: MTU value 25000 is not within range 256..9192',
      },
    })
  })

  it('reads an empty answer', () => {
    expect(read(RFC_DATA)).toMatchObject({ reply: { messageId: '101', refusal: null } })
  })

  it.each([
    ['a declaration', `<?xml version="1.0" encoding="UTF-8"?>\n${RFC_DATA}`],
    ['a BOM and line breaks before it', `\ufeff\r\n\n${RFC_DATA}`],
    ['line breaks and NULs after it', `${RFC_DATA}\r\n\0`],
    ['a prefix', `<nc:rpc-reply xmlns:nc="${NS}" message-id="101"><nc:data/></nc:rpc-reply>`],
    ['no namespace', '<rpc-reply message-id="101"><data/></rpc-reply>'],
    ['single quotes', `<rpc-reply message-id='101' xmlns='${NS}'/>`],
    [
      'a warning',
      `<rpc-reply message-id="101" xmlns="${NS}"><rpc-error><error-severity>warning</error-severity></rpc-error><ok/></rpc-reply>`,
    ],
    [
      'an error of another namespace',
      `<rpc-reply message-id="101" xmlns="${NS}"><rpc-error xmlns="urn:x"/></rpc-reply>`,
    ],
  ])('reads a reply with %s', (_what, message) => {
    expect(read(message)).toMatchObject({ reply: { messageId: '101', refusal: null } })
  })

  it.each([
    ['without a message-id', `<rpc-reply xmlns="${NS}"><ok/></rpc-reply>`, null, null],
    ['with an escaped one', `<rpc-reply xmlns="${NS}" message-id="a&lt;b"/>`, 'a<b', null],
    ['with an error without a word', '<rpc-reply><rpc-error/></rpc-reply>', null, 'an error without a word'],
    [
      'with an error without a severity',
      '<rpc-reply><rpc-error><error-tag>access-denied</error-tag></rpc-error></rpc-reply>',
      null,
      'access-denied',
    ],
  ])('reads a reply %s', (_what, message, messageId, refusal) => {
    expect(read(message)).toMatchObject({ reply: { messageId, refusal } })
  })

  it.each([
    [
      'a notification',
      '<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/>',
      'notification',
    ],
    ['a reply of another namespace', '<rpc-reply xmlns="urn:x"/>', 'rpc-reply'],
    ['text', 'bye', 'bye'],
    ['nothing', '', ''],
  ])('does not accept %s as a reply', (_what, message, other) => {
    expect(read(message)).toEqual({ other })
  })

  it.each([
    ['malformed XML', '<rpc-reply>\n<data>', 'not well-formed XML (2:'],
    ['a DTD', '<!DOCTYPE a [<!ENTITY b "c">]><rpc-reply/>', 'declares a document type (DTD)'],
    ['an entity', '<rpc-reply>&lol;</rpc-reply>', 'undefined entity'],
    ['depth', `<rpc-reply>${'<a>'.repeat(70)}`, 'nested more than 64 deep'],
    ['elements without end', `<rpc-reply>${'<a/>'.repeat(50_001)}`, 'more than 50000 elements'],
    ['attributes without end', `<rpc-reply${' a=""'.repeat(65)}`, 'more than 64 attributes'],
    [
      'text without end',
      `<rpc-reply><a>${'x'.repeat(70_000)}</a>`,
      'its element a has more than 65536 characters',
    ],
    [
      'a character cut in two',
      Buffer.from('<rpc-reply>\né', 'utf8').subarray(0, 13),
      'unclosed tag: rpc-reply',
    ],
    ['UTF-16', `<?xml version="1.0" encoding="UTF-16"?><rpc-reply>é`, 'encoded in utf-16'],
  ])('refuses %s', (_what, message, violation) => {
    expect(read(message)).toEqual({ violation: expect.stringContaining(violation) })
  })

  it('replaces bytes that are not UTF-8, so that the rest can be read', () => {
    const content = '<s xmlns="urn:s"><name>r\u00fcgen</name><version>15.2</version></s>'
    const reply = `<?xml version="1.0" encoding="UTF-8"?><rpc-reply xmlns="${NS}">${content}</rpc-reply>`
    const result = parseReply(Buffer.from(reply, 'latin1'))
    const system = 'reply' in result ? result.reply.element.children[0] : undefined
    expect(leafValue(system, 'name')).toBe('r\ufffdgen')
    expect(leafValue(system, 'version')).toBe('15.2')
  })

  it('reads ISO-8859-1 if it is declared', () => {
    const message = '<?xml version="1.0" encoding="ISO-8859-1"?><rpc-reply message-id="é"/>'
    expect(read(Buffer.from(message, 'latin1'))).toMatchObject({ reply: { messageId: 'é' } })
  })

  it('never throws, whatever the bytes are', () => {
    const token = fc.constantFrom(
      '<rpc-reply>',
      '</rpc-reply>',
      '<rpc-error>',
      '<data',
      '<![CDATA[',
      ']]>',
      '&',
      '"',
      ' x="',
    )
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
      fc.array(fc.oneof(token, fc.string()), { maxLength: 20 }).map((parts) => Buffer.from(parts.join(''))),
    )
    fc.assert(
      fc.property(bytes, (message) => {
        expect(Object.keys(parseReply(message))).toHaveLength(1)
      }),
      { numRuns: propertyRuns(250) },
    )
  })
})

describe('leafValue', () => {
  it.each([
    ['text', '<a xmlns="urn:a"><b>x</b></a>', 'x'],
    ['CDATA', '<a xmlns="urn:a"><b><![CDATA[x]]></b></a>', 'x'],
    ['text around white space', '<a xmlns="urn:a"><b>\n  one\r\n\ttwo\u202e </b></a>', 'one two'],
    ['text past a vendor’s element', '<a xmlns="urn:a"><b xmlns="urn:v">y</b><b>x</b></a>', 'x'],
    ['nothing of another namespace', '<a xmlns="urn:a"><b xmlns="urn:v">y</b></a>', null],
    ['nothing of an empty element', '<a xmlns="urn:a"><b> </b></a>', null],
    ['nothing of a missing one', '<a xmlns="urn:a"/>', null],
    ['255 characters at most', `<a xmlns="urn:a"><b>${'é'.repeat(300)}</b></a>`, 'é'.repeat(255)],
  ])('reads %s', (_what, content, value) => {
    const element = descendantOf(data(content), 'data')?.children[0]
    expect(leafValue(element, 'b')).toBe(value)
  })
})
