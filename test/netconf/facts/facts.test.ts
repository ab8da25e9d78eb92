import { describe, expect, it } from 'vitest'
import { hasFactSource, readFacts } from '../../../src/netconf/facts/facts.ts'
import { Session } from '../../../src/netconf/protocol/session.ts'
import { MemoryTransport } from '../support/memory-transport.ts'
import { helloOf } from '../support/ssh-device.ts'

const BASE = 'urn:ietf:params:netconf:base:1.0'
const JUNOS = 'http://xml.juniper.net/netconf/junos/1.0'
const SYSTEM = 'urn:ietf:params:xml:ns:yang:ietf-system?module=ietf-system&revision=2014-08-06'
const HARDWARE = 'urn:ietf:params:xml:ns:yang:ietf-hardware?module=ietf-hardware&revision=2018-03-13'

/** Asks a server that offers `capabilities` and answers its requests, in turn, with these. */
async function ask(capabilities: readonly string[], ...contents: string[]) {
  const server = new MemoryTransport()
  const session = new Session(server)
  const opening = session.open()
  server.answer(`${helloOf([BASE])}]]>]]>`)
  await opening
  server.sent = ''
  const notes: string[] = []
  const reading = readFacts(session, capabilities, { notes, mayClose: false })
  for (const [index, content] of contents.entries()) {
    server.answer(
      `<rpc-reply message-id="${index + 1}" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">${content}</rpc-reply>]]>]]>`,
    )
    await new Promise(setImmediate)
  }
  return { ...(await reading), notes, asked: server.sent.split(']]>]]>').slice(0, -1) }
}

const NONE = { hostname: null, vendor: null, model: null, osVersion: null, serialNumber: null }

/** What devices answer, by module: the reply's content, and what is read from it. */
const ANSWERS: [string, string, string, string, object][] = [
  [
    'ietf-system',
    SYSTEM,
    '<system-state xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><platform/></system-state><system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><hostname/></system>',
    // RFC 7317 section 4, as Linux fills it.
    `<data><system-state xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><platform><os-name>Linux</os-name>
       <os-release>6.1.0-18-amd64</os-release><os-version>#1 SMP Debian 6.1.76-1</os-version>
       <machine>x86_64</machine></platform></system-state>
       <system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><hostname>edge-1</hostname></system></data>`,
    { hostname: 'edge-1', model: 'x86_64', osVersion: '6.1.0-18-amd64' },
  ],
  [
    'ietf-hardware',
    HARDWARE,
    '<hardware xmlns="urn:ietf:params:xml:ns:yang:ietf-hardware"><component><name/><class/><mfg-name/><model-name/><serial-num/><software-rev/></component></hardware>',
    `<data><hardware xmlns="urn:ietf:params:xml:ns:yang:ietf-hardware">
       <component><name>slot-1</name><class xmlns:ianahw="urn:ietf:params:xml:ns:yang:iana-hardware">ianahw:module</class><serial-num>M1</serial-num></component>
       <component><name>chassis</name><class xmlns:ianahw="urn:ietf:params:xml:ns:yang:iana-hardware">ianahw:chassis</class>
       <mfg-name>Acme</mfg-name><model-name>R9000</model-name><serial-num>C1</serial-num><software-rev>4.2</software-rev></component>
       </hardware></data>`,
    { vendor: 'Acme', model: 'R9000', osVersion: '4.2', serialNumber: 'C1' },
  ],
  [
    'openconfig-system',
    'http://openconfig.net/yang/system?module=openconfig-system&revision=2021-06-16',
    '<system xmlns="http://openconfig.net/yang/system"><state><hostname/><software-version/></state></system>',
    '<data><system xmlns="http://openconfig.net/yang/system"><state><hostname>ams-1</hostname><software-version>4.28.0F</software-version></state></system></data>',
    { hostname: 'ams-1', osVersion: '4.28.0F' },
  ],
  [
    'openconfig-platform',
    'http://openconfig.net/yang/platform?module=openconfig-platform&revision=2018-11-21',
    '<components xmlns="http://openconfig.net/yang/platform"><component><name/><state><type/><mfg-name/><part-no/><serial-no/><software-version/></state></component></components>',
    `<data><components xmlns="http://openconfig.net/yang/platform">
       <component><name>FAN</name><state><type>oc-platform-types:FAN</type><part-no>F</part-no></state></component>
       <component><name>Chassis</name><state><type xmlns:p="http://openconfig.net/yang/platform-types">p:CHASSIS</type>
       <mfg-name>Arista</mfg-name><part-no>DCS-7050</part-no><serial-no>JPE1</serial-no></state></component></components></data>`,
    { vendor: 'Arista', model: 'DCS-7050', serialNumber: 'JPE1' },
  ],
  [
    'Cisco-IOS-XE-device-hardware-oper',
    'http://cisco.com/ns/yang/Cisco-IOS-XE-device-hardware-oper?module=Cisco-IOS-XE-device-hardware-oper&revision=2021-03-01',
    '<device-hardware-data xmlns="http://cisco.com/ns/yang/Cisco-IOS-XE-device-hardware-oper"><device-hardware><device-inventory><hw-type>hw-type-chassis</hw-type></device-inventory><device-system-data><software-version/></device-system-data></device-hardware></device-hardware-data>',
    `<data><device-hardware-data xmlns="http://cisco.com/ns/yang/Cisco-IOS-XE-device-hardware-oper"><device-hardware>
       <device-inventory><hw-type>hw-type-chassis</hw-type><hw-dev-index>1</hw-dev-index><version>V02</version>
       <part-number>C9300-24T</part-number><serial-number>FCW2200</serial-number></device-inventory>
       <device-system-data><software-version>Cisco IOS Software [Cupertino], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.9.1, RELEASE SOFTWARE (fc3)
Technical Support: http://www.cisco.com/techsupport</software-version></device-system-data></device-hardware></device-hardware-data></data>`,
    { vendor: 'Cisco', model: 'C9300-24T', osVersion: '17.9.1', serialNumber: 'FCW2200' },
  ],
  [
    'Cisco-IOS-XR-install-oper',
    'http://cisco.com/ns/yang/Cisco-IOS-XR-install-oper?module=Cisco-IOS-XR-install-oper&revision=2023-11-16',
    '<install xmlns="http://cisco.com/ns/yang/Cisco-IOS-XR-install-oper"><version/></install>',
    '<data><install xmlns="http://cisco.com/ns/yang/Cisco-IOS-XR-install-oper"><version><label>7.5.2</label><package><name>IOS-XR</name><version>7.5.2</version></package></version></install></data>',
    { vendor: 'Cisco', osVersion: '7.5.2' },
  ],
  [
    'junos',
    JUNOS,
    '<get-system-information/>',
    `<system-information xmlns="http://xml.juniper.net/junos/20.4R3/junos"><hardware-model>mx204</hardware-model>
       <os-name>junos</os-name><os-version>20.4R3.8</os-version><serial-number>AB12</serial-number>
       <host-name>core-1</host-name></system-information>`,
    { hostname: 'core-1', vendor: 'Juniper', model: 'mx204', osVersion: '20.4R3.8', serialNumber: 'AB12' },
  ],
  [
    'huawei-system',
    'urn:huawei:yang:huawei-system?module=huawei-system&revision=2022-08-01',
    '<system xmlns="urn:huawei:yang:huawei-system"><system-info/></system>',
    `<data><system xmlns="urn:huawei:yang:huawei-system"><system-info><sys-name>NE-1</sys-name><product-name>NE8000</product-name>
       <product-version>V800R022C00SPC600</product-version><esn>2102</esn></system-info></system></data>`,
    {
      hostname: 'NE-1',
      vendor: 'Huawei',
      model: 'NE8000',
      osVersion: 'V800R022C00SPC600',
      serialNumber: '2102',
    },
  ],
  [
    'nokia-state',
    'urn:nokia.com:sros:ns:yang:sr:state?module=nokia-state&revision=2016-07-06',
    '<state xmlns="urn:nokia.com:sros:ns:yang:sr:state"><system><oper-name/><platform/><version/></system><chassis><hardware-data><serial-number/></hardware-data></chassis></state>',
    `<data><state xmlns="urn:nokia.com:sros:ns:yang:sr:state"><chassis><chassis-class>router</chassis-class><chassis-number>1</chassis-number>
       <hardware-data><serial-number>NS19</serial-number></hardware-data></chassis>
       <system><oper-name>pe-1</oper-name><platform>7750 SR-1</platform><version><version-number>B-22.10.R1</version-number></version></system></state></data>`,
    { hostname: 'pe-1', vendor: 'Nokia', model: '7750 SR-1', osVersion: 'B-22.10.R1', serialNumber: 'NS19' },
  ],
]

describe('readFacts', () => {
  it.each(ANSWERS)(
    'requests %s and reads the answer',
    async (readFrom, capability, filter, content, facts) => {
      const result = await ask([BASE, capability], content)
      expect(result).toMatchObject({ facts: { ...NONE, ...facts, readFrom }, notes: [] })
      const operation = readFrom === 'junos' ? filter : `<get><filter type="subtree">${filter}</filter></get>`
      expect(result.asked).toEqual([
        '<?xml version="1.0" encoding="UTF-8"?>\n' +
          `<rpc message-id="1" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">${operation}</rpc>`,
      ])
    },
  )

  it('reads the first of two routing engines of Junos', async () => {
    const information = (name: string) =>
      `<multi-routing-engine-item><re-name>${name}</re-name><system-information><host-name>${name}</host-name></system-information></multi-routing-engine-item>`
    const content = `<multi-routing-engine-results>${information('re0')}${information('re1')}</multi-routing-engine-results>`
    expect(await ask([JUNOS], content)).toMatchObject({ facts: { hostname: 're0', readFrom: 'junos' } })
  })

  it('requests the most specific module first, and the next one if that is refused or empty', async () => {
    const { facts, notes, asked } = await ask(
      [SYSTEM, JUNOS, HARDWARE],
      '<rpc-error><error-tag>access-denied</error-tag></rpc-error>',
      '<data/>',
      '<data><system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><hostname>x</hostname></system></data>',
    )
    expect(facts).toEqual({ ...NONE, hostname: 'x', readFrom: 'ietf-system' })
    expect(notes).toEqual([
      'The device refused to tell the facts of junos (access-denied).',
      'The device offers ietf-hardware and told no facts by it.',
    ])
    expect(asked).toHaveLength(3)
  })

  it('returns no facts if only the vendor is known', async () => {
    expect(await ask([JUNOS], '<system-information/>')).toMatchObject({ facts: null })
  })

  it.each([
    [
      'the namespace of another module',
      '<data><system xmlns="urn:other"><hostname>x</hostname></system></data>',
    ],
    [
      'leaves of another module',
      '<data><system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><hostname xmlns="urn:v">x</hostname></system></data>',
    ],
    ['no data', '<ok/>'],
  ])('reads nothing from %s', async (_what, content) => {
    expect(await ask([SYSTEM], content)).toMatchObject({ facts: null, notes: [expect.any(String)] })
  })
})

describe('hasFactSource', () => {
  it.each([
    [SYSTEM, true],
    ['urn:ietf:params:xml:ns:yang:ietf-system', true],
    ['urn:ietf:params:xml:ns:yang:ietf-system-tacacs?module=ietf-system-tacacs', false],
    ['urn:x?module=ietf-system', false],
    [BASE, false],
  ])('%s: %j', (uri, tells) => {
    expect(hasFactSource([BASE, uri])).toBe(tells)
  })
})
