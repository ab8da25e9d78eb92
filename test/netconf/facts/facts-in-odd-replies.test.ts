import { expect, it } from 'vitest'
import { readFacts } from '../../../src/netconf/facts/facts.ts'
import { encodeChunked } from '../../../src/netconf/protocol/framing.ts'
import { Session } from '../../../src/netconf/protocol/session.ts'
import { MemoryTransport } from '../support/memory-transport.ts'
import { BASES, helloOf } from '../support/ssh-device.ts'

const NS = 'urn:ietf:params:xml:ns:netconf:base:1.0'
const SYSTEM = 'urn:ietf:params:xml:ns:yang:ietf-system'
const STATE = `<system-state xmlns="${SYSTEM}"><platform><os-release>15.2</os-release></platform></system-state>`

// Each is how some server writes its replies.
it.each([
  [
    'no namespace, that of NETCONF declared for a prefix',
    `<rpc-reply xmlns:nc="${NS}" message-id="1"><data>${STATE}</data></rpc-reply>`,
  ],
  [
    'a prefix, and data of no namespace',
    `<nc:rpc-reply xmlns:nc="${NS}" message-id="1"><data xmlns:m="urn:m">${STATE}</data></nc:rpc-reply>`,
  ],
  [
    'a prefix for the message-id',
    `<nc:rpc-reply xmlns:nc="${NS}" nc:message-id="1"><nc:data>${STATE}</nc:data></nc:rpc-reply>`,
  ],
  [
    'a namespace that is no URI',
    `<rpc-reply xmlns="${NS}" message-id="1"><data><x xmlns="ODM://flash:/custom.odm//a b"/>${STATE}</data></rpc-reply>`,
  ],
  [
    'attributes of a vendor',
    `<rpc-reply xmlns="${NS}" xmlns:j="urn:j" message-id="1" j:style="brief"><data j:seconds="1">${STATE}</data></rpc-reply>`,
  ],
  [
    'a warning before the data',
    `<rpc-reply xmlns="${NS}" message-id="1"><rpc-error><error-severity>warning</error-severity></rpc-error><data>${STATE}</data></rpc-reply>`,
  ],
  [
    'text that looks like the framing',
    `<rpc-reply xmlns="${NS}" message-id="1"><data>\r\n<!--\n##\n\n#12\n########\n]]>]]>-->${STATE}\r\n</data></rpc-reply>`,
  ],
])('are read from a reply with %s', async (_, reply) => {
  const server = new MemoryTransport()
  const session = new Session(server)
  const opening = session.open()
  server.answer(`${helloOf(BASES)}]]>]]>`)
  await opening
  const reading = readFacts(session, [SYSTEM], { notes: [], mayClose: false })
  server.answer(encodeChunked(reply))
  expect(await reading).toMatchObject({ facts: { osVersion: '15.2', readFrom: 'ietf-system' } })
})
