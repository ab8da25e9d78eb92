/** The facts of a device about itself. */
export interface DeviceIdentity {
  hostname: string
  vendor: string
  model: string
  osVersion: string
  serialNumber: string
}

/** A part of a request for facts, and the answer to such a request. */
type FactsAnswer = readonly [asked: string, tell: (device: DeviceIdentity) => string]

/** The answers of each platform's module. A request for another module finds nothing. */
const ANSWERS: readonly FactsAnswer[] = [
  [
    '"urn:huawei:yang:huawei-system"',
    ({ hostname, model, osVersion, serialNumber }) =>
      `<system xmlns="urn:huawei:yang:huawei-system"><system-info><sys-name>${hostname}</sys-name>` +
      `<product-name>${model}</product-name><product-version>${osVersion}</product-version>` +
      `<esn>${serialNumber}</esn></system-info></system>`,
  ],
  [
    '"urn:nokia.com:sros:ns:yang:sr:state"',
    ({ hostname, model, osVersion, serialNumber }) =>
      `<state xmlns="urn:nokia.com:sros:ns:yang:sr:state"><system><oper-name>${hostname}</oper-name>` +
      `<platform>${model}</platform><version><version-number>${osVersion}</version-number></version>` +
      `</system><chassis><hardware-data><serial-number>${serialNumber}</serial-number></hardware-data>` +
      '</chassis></state>',
  ],
  [
    '"http://openconfig.net/yang/platform"',
    ({ vendor, model, osVersion, serialNumber }) =>
      '<components xmlns="http://openconfig.net/yang/platform"><component><name>chassis</name><state>' +
      `<type>CHASSIS</type><mfg-name>${vendor}</mfg-name><part-no>${model}</part-no>` +
      `<serial-no>${serialNumber}</serial-no><software-version>${osVersion}</software-version>` +
      '</state></component></components>',
  ],
  [
    '"urn:ietf:params:xml:ns:yang:ietf-hardware"',
    ({ vendor, model, osVersion, serialNumber }) =>
      '<hardware xmlns="urn:ietf:params:xml:ns:yang:ietf-hardware"><component><name>chassis</name><class ' +
      'xmlns:ianahw="urn:ietf:params:xml:ns:yang:iana-hardware">ianahw:chassis</class>' +
      `<mfg-name>${vendor}</mfg-name><model-name>${model}</model-name>` +
      `<serial-num>${serialNumber}</serial-num><software-rev>${osVersion}</software-rev>` +
      '</component></hardware>',
  ],
]

const JUNOS_RPC = '<get-system-information'

/** Returns the content of the reply to a request for facts; null if it asks for something else. */
export function answerFacts(request: string, prefix: string, device: DeviceIdentity): string | null {
  if (request.includes(JUNOS_RPC)) return junosInformation(device)
  const answer = ANSWERS.find(([asked]) => request.includes(asked))
  return answer ? `<${prefix}data>${answer[1](device)}</${prefix}data>` : null
}

function junosInformation({ hostname, model, osVersion, serialNumber }: DeviceIdentity): string {
  return (
    `<system-information xmlns="http://xml.juniper.net/junos/${osVersion}/junos">` +
    `<hardware-model>${model}</hardware-model><os-name>junos</os-name><os-version>${osVersion}</os-version>` +
    `<serial-number>${serialNumber}</serial-number><host-name>${hostname}</host-name></system-information>`
  )
}
