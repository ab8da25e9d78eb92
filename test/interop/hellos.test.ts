import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { run } from '../netconf/support/probing.ts'
import { sshDevice } from '../netconf/support/ssh-device.ts'
import { SHARED, sharedPath, WHY_SKIPPED } from './shared-folder.ts'

const FILES =
  SHARED === undefined ? [] : readdirSync(sharedPath('data/hellos')).filter((name) => name.endsWith('.xml'))

/** By the name of the file: where the XML breaks. All others are to be read. */
const MALFORMED: Record<string, string> = {
  // A second list of capabilities begins where the first has ended.
  'iosxe-17.21-isr4k-malformed.xml': '542:18: unexpected close tag',
}

const BASE = /<(?:nc:)?capability>\s*urn:ietf:params:netconf:base:1\.[01]\s*</

/** What a device would have sent: most files lack a base capability, the session-id and the delimiter. */
function completed(text: string): string {
  const prefix = text.includes('<nc:hello') ? 'nc:' : ''
  const base = BASE.test(text)
    ? ''
    : `<${prefix}capability>urn:ietf:params:netconf:base:1.1</${prefix}capability>`
  const sessionId = text.includes('session-id>') ? '' : `<${prefix}session-id>7</${prefix}session-id>`
  const open = text
    .replace(`<${prefix}capabilities/>`, `<${prefix}capabilities></${prefix}capabilities>`)
    .replace(`<${prefix}capabilities>`, `<${prefix}capabilities>${base}`)
  // Not the first end of the capabilities: that is where a malformed one breaks.
  return `${open.trimEnd().replace(`</${prefix}hello>`, `${sessionId}</${prefix}hello>`)}]]>]]>`
}

/** The capabilities that a hello has, by nothing but its brackets. */
function capabilitiesIn(hello: string): string[] {
  const found = Array.from(hello.matchAll(/<(?:nc:)?capability>([^<]*)</g), ([, uri = '']) => uri)
  return [...new Set(found.map((uri) => uri.trim().replaceAll('&amp;', '&')))].sort()
}

describe.skipIf(SHARED === undefined)(`hellos of real devices (skipped where ${WHY_SKIPPED})`, () => {
  it('are there', () => {
    expect(FILES.length).toBeGreaterThan(5)
    expect(FILES).toEqual(expect.arrayContaining(Object.keys(MALFORMED)))
  })

  it.each(FILES)('%s', async (name) => {
    const hello = completed(readFileSync(sharedPath('data/hellos', name), 'utf8'))
    const expected = capabilitiesIn(hello)
    await using device = await sshDevice({ netconf: (channel) => channel.end(hello) })
    const report = await run(device)
    const breaksAt = MALFORMED[name]
    if (breaksAt !== undefined) {
      expect(report).toMatchObject({
        outcome: 'PROTOCOL_ERROR',
        phase: 'HELLO',
        message: `The device's hello cannot be used: it is not well-formed XML (${breaksAt}); check its NETCONF service.`,
        capabilities: null,
      })
      return
    }
    expect(report).toMatchObject({ outcome: 'SUPPORTED', message: null, sessionId: expect.any(Number) })
    expect(report.capabilities).toEqual(expected)
    // Both are there to be compared.
    expect(expected.length).toBeGreaterThan(0)
  })
})
