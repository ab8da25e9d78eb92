import { describe, expect, it } from 'vitest'
import { hasYangLibrary, withYangLibrary } from '../../../src/netconf/facts/yang-library.ts'
import { Session } from '../../../src/netconf/protocol/session.ts'
import { MemoryTransport } from '../support/memory-transport.ts'
import { helloOf } from '../support/ssh-device.ts'

const BASE = 'urn:ietf:params:netconf:base:1.0'
const NS = 'urn:ietf:params:xml:ns:yang:ietf-yang-library'
const LIBRARY_1_0 =
  'urn:ietf:params:netconf:capability:yang-library:1.0?revision=2016-06-21&module-set-id=4b41'
const LIBRARY_1_1 = 'urn:ietf:params:netconf:capability:yang-library:1.1?revision=2019-01-04&content-id=c3bc'

async function read(capabilities: readonly string[], content: string) {
  const server = new MemoryTransport()
  const session = new Session(server)
  const opening = session.open()
  server.answer(`${helloOf([BASE])}]]>]]>`)
  await opening
  server.sent = ''
  const notes: string[] = []
  const reading = withYangLibrary(session, capabilities, notes)
  server.answer(
    `<rpc-reply message-id="1" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">${content}</rpc-reply>]]>]]>`,
  )
  const all = await reading
  const found = all?.filter((uri) => !capabilities.includes(uri)) ?? null
  return { found, all: all ?? [], notes, asked: server.sent }
}

// RFC 7895, as yuma123 and others answer it.
const MODULES_STATE = `<data><modules-state xmlns="${NS}">
  <module><name>ietf-interfaces</name><revision>2018-02-20</revision>
    <namespace>urn:ietf:params:xml:ns:yang:ietf-interfaces</namespace><conformance-type>implement</conformance-type>
    <feature>arbitrary-names</feature><feature>if-mib</feature>
    <deviation><name>acme-if-dev</name><revision>2020-01-01</revision></deviation></module>
  <module><name>ietf-yang-types</name><revision>2013-07-15</revision>
    <namespace>urn:ietf:params:xml:ns:yang:ietf-yang-types</namespace><conformance-type>import</conformance-type></module>
  <module><name>acme</name><revision/><namespace>urn:acme</namespace><conformance-type>implement</conformance-type></module>
  <module-set-id>4b41</module-set-id></modules-state></data>`

// RFC 8525 section 3.
const YANG_LIBRARY = `<data><yang-library xmlns="${NS}">
  <module-set><name>set-1</name>
    <module><name>ietf-interfaces</name><revision>2018-02-20</revision><namespace>urn:ietf:params:xml:ns:yang:ietf-interfaces</namespace>
      <feature>arbitrary-names</feature><feature>if-mib</feature><deviation>acme-if-dev</deviation></module>
    <import-only-module><name>ietf-yang-types</name><revision>2013-07-15</revision><namespace>urn:ietf:params:xml:ns:yang:ietf-yang-types</namespace></import-only-module>
  </module-set>
  <module-set><name>set-2</name><module><name>acme</name><namespace>urn:acme</namespace></module></module-set>
  <content-id>c3bc</content-id></yang-library></data>`

const INTERFACES =
  'urn:ietf:params:xml:ns:yang:ietf-interfaces?module=ietf-interfaces&revision=2018-02-20&features=arbitrary-names,if-mib&deviations=acme-if-dev'

describe('withYangLibrary', () => {
  it.each([
    [
      'modules-state of RFC 7895',
      LIBRARY_1_0,
      '<modules-state xmlns="NS"><module/></modules-state>',
      MODULES_STATE,
    ],
    [
      'yang-library of RFC 8525',
      LIBRARY_1_1,
      '<yang-library xmlns="NS"><module-set/></yang-library>',
      YANG_LIBRARY,
    ],
  ])('reads the implemented modules from %s', async (_what, capability, filter, content) => {
    const { found, all, notes, asked } = await read([BASE, capability], content)
    expect(found).toEqual(['urn:acme?module=acme', INTERFACES])
    expect(all).toEqual([...all].sort())
    expect(notes).toEqual([])
    expect(asked).toContain(`<get><filter type="subtree">${filter.replace('NS', NS)}</filter></get>`)
  })

  it('keeps the capabilities of the hello unchanged', async () => {
    const said = 'urn:ietf:params:xml:ns:yang:ietf-interfaces?revision=2018-02-20&module=ietf-interfaces'
    expect((await read([LIBRARY_1_0, said], MODULES_STATE)).found).toEqual(['urn:acme?module=acme'])
  })

  it.each([
    ['a name that is none', '<name>a&amp;revision=2099-01-01</name><namespace>urn:a</namespace>', []],
    ['no namespace', '<name>a</name>', []],
    ['a namespace with a query', '<name>a</name><namespace>urn:a?module=b</namespace>', []],
    ['a namespace with a line break', '<name>a</name><namespace>urn:a\nb</namespace>', []],
    [
      'an invalid revision',
      '<name>a</name><revision>soon</revision><namespace>urn:a</namespace>',
      ['urn:a?module=a'],
    ],
    [
      'an invalid feature',
      '<name>a</name><namespace>urn:a</namespace><feature>x,y</feature>',
      ['urn:a?module=a'],
    ],
  ])('reads no capability from %s', async (_what, module, expected) => {
    const content = `<data><modules-state xmlns="${NS}"><module>${module}</module></modules-state></data>`
    expect((await read([LIBRARY_1_0], content)).found).toEqual(expected)
  })

  it('continues without it if it is refused, and adds a note', async () => {
    const content = '<rpc-error><error-tag>access-denied</error-tag></rpc-error>'
    expect(await read([LIBRARY_1_0], content)).toMatchObject({
      found: null,
      notes: ['The YANG library of the device was not read: it answered access-denied.'],
    })
  })

  it.each([
    ['an empty answer', '<data/>'],
    ['an empty library', `<data><modules-state xmlns="${NS}"/></data>`],
  ])('treats %s as a library that the user may not read', async (_, content) => {
    expect(await read([LIBRARY_1_0], content)).toMatchObject({
      found: null,
      notes: ['The YANG library of the device was empty; check that the user may read it (NACM).'],
    })
  })
})

describe('hasYangLibrary', () => {
  it.each([
    [LIBRARY_1_0, true],
    [LIBRARY_1_1, true],
    [`${NS}?module=ietf-yang-library&revision=2016-06-21`, true],
    ['urn:ietf:params:netconf:capability:yang-library:1.10', false],
    [`${NS}-extra?module=x`, false],
    [BASE, false],
  ])('%s: %j', (uri, has) => {
    expect(hasYangLibrary([BASE, uri])).toBe(has)
  })
})
