import { describe, expect, it } from 'vitest'
import {
  type CapabilityRequirement,
  missingCapabilities,
  offeredBases,
  parseCapability,
} from '../../../src/netconf/protocol/capabilities.ts'

const INTERFACES =
  'urn:ietf:params:xml:ns:yang:ietf-interfaces?module=ietf-interfaces&revision=2014-05-08&features=pre-provisioning,if-mib&deviations=acme-if-dev'

describe('parseCapability', () => {
  it('parses the parameters', () => {
    expect(parseCapability(INTERFACES)).toEqual({
      uri: INTERFACES,
      namespace: 'urn:ietf:params:xml:ns:yang:ietf-interfaces',
      module: 'ietf-interfaces',
      revision: '2014-05-08',
      features: ['pre-provisioning', 'if-mib'],
      deviations: ['acme-if-dev'],
    })
  })

  it.each([
    ['parameters in another order', 'urn:x?revision=2020-01-01&module=m', 'urn:x', 'm', '2020-01-01'],
    ['white space around it', '\n   urn:x?module=m\r\n  ', 'urn:x', 'm', null],
    ['no query', 'urn:ietf:params:netconf:base:1.1', 'urn:ietf:params:netconf:base:1.1', null, null],
    ['an empty query', 'urn:x?', 'urn:x', null, null],
    ['an empty value', 'urn:x?module=&revision=2020-01-01', 'urn:x', null, '2020-01-01'],
    ['ampersands escaped twice', 'urn:x?module=m&amp;revision=2020-01-01', 'urn:x', 'm', '2020-01-01'],
    ['percent escapes', 'urn:x?module=a%2Db', 'urn:x', 'a-b', null],
    ['a stray percent sign', 'urn:x?module=a%', 'urn:x', 'a%', null],
    ['a parameter twice', 'urn:x?module=a&module=b', 'urn:x', 'a', null],
    ['nothing at all', '', '', null, null],
  ])('reads %s', (_what, uri, namespace, module, revision) => {
    expect(parseCapability(uri)).toMatchObject({ namespace, module, revision })
  })
})

describe('offeredBases', () => {
  it.each([
    ['both', ['urn:ietf:params:netconf:base:1.0', 'urn:ietf:params:netconf:base:1.1'], true, true],
    ['1.1 alone', ['urn:ietf:params:netconf:base:1.1'], false, true],
    ['1.0 alone', ['urn:ietf:params:netconf:base:1.0'], true, false],
    ['1.0 by its old name', ['urn:ietf:params:xml:ns:netconf:base:1.0'], true, false],
    ['a module', ['urn:ietf:params:xml:ns:netconf:base:1.0?module=ietf-netconf'], false, false],
    ['1.1 with a parameter', ['urn:ietf:params:netconf:base:1.1?arg=val'], false, true],
    ['1.0 with parameters', ['urn:ietf:params:netconf:base:1.0?module=ietf-netconf&a=b'], true, false],
    ['1.1 with an empty query and padding', ['\n urn:ietf:params:netconf:base:1.1 ? '], false, true],
    ['1.1 with a fragment', ['urn:ietf:params:netconf:base:1.1#a'], false, true],
    ['1.1 in capitals', ['URN:IETF:params:NETCONF:base:1.1'], false, true],
    ['the old name with a parameter', ['urn:ietf:params:xml:ns:netconf:base:1.0?a=b'], true, false],
    ['a module among parameters', ['urn:ietf:params:xml:ns:netconf:base:1.0?a=b&amp;module=m'], false, false],
    ['a longer name', ['urn:ietf:params:netconf:base:1.10'], false, false],
    ['a longer name with a parameter', ['urn:ietf:params:netconf:base:1.10?a=b'], false, false],
    ['nothing', [], false, false],
  ])('%s', (_what, uris, base10, base11) => {
    expect(offeredBases(uris)).toEqual({ base10, base11 })
  })
})

describe('missingCapabilities', () => {
  const offered = [
    'urn:ietf:params:xml:ns:netconf:base:1.0',
    'urn:ietf:params:netconf:capability:with-defaults:1.0?basic-mode=explicit&also-supported=trim,report-all',
    INTERFACES,
    'urn:vendor?module=ietf-ip-extended&revision=2020-01-01',
    'urn:no-revision?module=plain',
  ]
  const met: [string, CapabilityRequirement][] = [
    ['the namespace', { uri: 'urn:ietf:params:xml:ns:yang:ietf-interfaces' }],
    ['padded', { uri: ' urn:ietf:params:xml:ns:yang:ietf-interfaces\n' }],
    ['the whole URI', { uri: INTERFACES }],
    [
      'parameters in another order',
      { uri: `${INTERFACES.split('?')[0]}?features=if-mib&module=ietf-interfaces` },
    ],
    ['an earlier revision', { uri: `${INTERFACES.split('?')[0]}?revision=2013-01-01` }],
    ['base:1.0 under its old name', { uri: 'urn:ietf:params:netconf:base:1.0' }],
    ['base:1.0 whatever its parameters', { uri: 'urn:ietf:params:netconf:base:1.0?a=b' }],
    ['a capability whatever its parameters', { uri: 'urn:ietf:params:netconf:capability:with-defaults:1.0' }],
    ['other parameters', { uri: 'urn:ietf:params:netconf:capability:with-defaults:1.0?also-supported=trim' }],
    ['the module', { module: 'ietf-interfaces' }],
    ['the minimum revision', { module: 'ietf-interfaces', minRevision: '2014-05-08' }],
    ['the features', { module: 'ietf-interfaces', features: ['if-mib'] }],
  ]
  it.each(met)('is met by %s', (_what, requirement) => {
    expect(missingCapabilities([requirement], offered)).toEqual([])
  })

  const unmet: [string, CapabilityRequirement, string][] = [
    [
      'part of a namespace',
      { uri: 'urn:ietf:params:xml:ns:yang:ietf-inter' },
      'urn:ietf:params:xml:ns:yang:ietf-inter',
    ],
    ['another base', { uri: 'urn:ietf:params:netconf:base:1.1' }, 'urn:ietf:params:netconf:base:1.1'],
    [
      'a parameter that a capability lacks',
      { uri: 'urn:ietf:params:netconf:capability:with-defaults:1.0?also-supported=report-all-tagged' },
      'urn:ietf:params:netconf:capability:with-defaults:1.0?also-supported=report-all-tagged',
    ],
    ['part of a module', { module: 'ietf-ip' }, 'ietf-ip'],
    [
      'a later revision',
      { module: 'ietf-interfaces', minRevision: '2018-02-20' },
      'ietf-interfaces@2018-02-20 or later',
    ],
    [
      'a revision of a module without',
      { module: 'plain', minRevision: '2000-01-01' },
      'plain@2000-01-01 or later',
    ],
    [
      'a feature more',
      { module: 'ietf-interfaces', features: ['if-mib', 'arbitrary-names'] },
      'ietf-interfaces with if-mib, arbitrary-names',
    ],
    ['another parameter', { uri: 'urn:vendor?module=other' }, 'urn:vendor?module=other'],
  ]
  it.each(unmet)('is not met by %s', (_what, requirement, description) => {
    expect(missingCapabilities([requirement], offered)).toEqual([description])
  })

  it.each(['urn:ietf:params:netconf:base:1.1', 'urn:ietf:params:netconf:base:1.1?arg=other'])(
    'finds the protocol version that is required as %s, whatever its parameters',
    (uri) => {
      expect(missingCapabilities([{ uri }], ['urn:ietf:params:netconf:base:1.1?arg=val'])).toEqual([])
      expect(missingCapabilities([{ uri }], ['urn:ietf:params:netconf:base:1.0?arg=val'])).toEqual([uri])
    },
  )

  it('distinguishes the module ietf-netconf from the protocol version of the same name', () => {
    const module = 'urn:ietf:params:xml:ns:netconf:base:1.0?module=ietf-netconf&revision=2011-06-01'
    expect(missingCapabilities([{ uri: 'urn:ietf:params:netconf:base:1.0' }], [module])).toHaveLength(1)
    expect(missingCapabilities([{ module: 'ietf-netconf' }, { uri: module }], [module])).toEqual([])
  })

  it('names only what is missing, in the order of the requirements', () => {
    const required = [{ module: 'b' }, { module: 'plain' }, { module: 'a' }]
    expect(missingCapabilities(required, offered)).toEqual(['b', 'a'])
  })
})
