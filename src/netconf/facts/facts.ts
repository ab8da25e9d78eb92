import { hasNamespace } from '../protocol/capabilities.ts'
import type { Session } from '../protocol/session.ts'
import { childrenOf, descendantOf, leafValue, type XmlElement } from '../protocol/xml-element.ts'
import type { DeviceFacts } from '../report/probe-report.ts'

/** The modules of one list of capabilities that provide facts. */
interface KnownSources {
  /** The most specific first. */
  sources: readonly FactSource[]
  /** The source that gave the facts of the last device with this list; null if none has. */
  proven: FactSource | null
}

/** Caches the sources by list, since devices with the same capabilities share one list. */
const knownSources = new WeakMap<readonly string[], KnownSources>()

function sourcesIn(capabilities: readonly string[]): KnownSources {
  let known = knownSources.get(capabilities)
  if (known === undefined) {
    const sources = FACT_SOURCES.filter(({ namespace }) =>
      capabilities.some((uri) => hasNamespace(uri, namespace)),
    )
    known = { sources, proven: null }
    knownSources.set(capabilities, known)
  }
  return known
}

/** Returns whether any module among `capabilities` provides facts. */
export function hasFactSource(capabilities: readonly string[]): boolean {
  return sourcesIn(capabilities).sources.length > 0
}

/** The result of reading facts. */
export interface FactsAnswer {
  /** Null if the device did not provide them. */
  facts: DeviceFacts | null
  /** Whether close-session was sent together with the last request. */
  isClosing: boolean
  /**
   * Whether close-session may have kept the device from answering, or kept us from asking for another
   * module.
   */
  isCutShort: boolean
}

/**
 * Reads the facts of a device: requests each module of `capabilities` that provides facts, until one returns
 * any. If none does, it adds the reason to `notes`. If the device never answers, the promise stays pending.
 *
 * With `mayClose`, close-session is sent together with the last request, which saves a round trip. That is
 * the request for the only module, or for the one that has just given the facts of another device with the
 * same capabilities.
 */
export async function readFacts(
  session: Session,
  capabilities: readonly string[],
  { notes, mayClose }: { notes: string[]; mayClose: boolean },
): Promise<FactsAnswer> {
  const known = sourcesIn(capabilities)
  const inTurn = mayClose && known.proven !== null ? [known.proven] : known.sources
  for (const source of inTurn) {
    const isClosing = mayClose && source === inTurn.at(-1)
    const answer = session.rpc(source.operation)
    if (isClosing) void session.close()
    const result = await answer
    if ('lost' in result) {
      notes.push(
        `The session ended when the device was asked for the facts of ${source.module}: ${result.lost}`,
      )
      return { facts: null, isClosing, isCutShort: isClosing }
    }
    if ('refusal' in result) {
      notes.push(`The device refused to tell the facts of ${source.module} (${result.refusal}).`)
      if (isClosing && result.isUnusable) return { facts: null, isClosing, isCutShort: true }
      continue
    }
    const facts = complete(source.module, source.read(result.reply))
    if (facts !== null) {
      known.proven = source
      return { facts, isClosing, isCutShort: false }
    }
    notes.push(`The device offers ${source.module} and told no facts by it.`)
  }
  known.proven = null
  return { facts: null, isClosing: mayClose, isCutShort: inTurn.length < known.sources.length }
}

/**
 * Completes the facts of a module; null if it provides none. The vendor does not count: it follows from the
 * module.
 */
function complete(readFrom: string, told: PartialFacts): DeviceFacts | null {
  const { hostname = null, vendor = null, model = null, osVersion = null, serialNumber = null } = told
  if (hostname === null && model === null && osVersion === null && serialNumber === null) return null
  return { hostname, vendor, model, osVersion, serialNumber, readFrom }
}

/** The facts that one module provides; those that it does not provide are missing. */
type PartialFacts = Partial<Omit<DeviceFacts, 'readFrom'>>

/** A YANG module that provides facts, with the way to read them. */
interface FactSource {
  module: string
  /** The namespace by which a hello offers the module. For Junos it is the capability of its own RPCs. */
  namespace: string
  operation: string
  /** `reply` is an `<rpc-reply>`. */
  read(reply: XmlElement): PartialFacts
}

const CISCO = 'http://cisco.com/ns/yang/'
const YANG = 'urn:ietf:params:xml:ns:yang:'

/** The fact sources, the most specific first. */
const FACT_SOURCES: readonly FactSource[] = [
  {
    module: 'junos',
    namespace: 'http://xml.juniper.net/netconf/junos/1.0',
    operation: '<get-system-information/>',
    read(reply) {
      // The namespace contains the Junos version, and with two routing engines the element is nested deeper.
      const information = nested(reply, 'system-information')
      return {
        hostname: leafValue(information, 'host-name'),
        vendor: 'Juniper',
        model: leafValue(information, 'hardware-model'),
        osVersion: leafValue(information, 'os-version'),
        serialNumber: leafValue(information, 'serial-number'),
      }
    },
  },
  {
    module: 'huawei-system',
    namespace: 'urn:huawei:yang:huawei-system',
    operation: get('<system xmlns="urn:huawei:yang:huawei-system"><system-info/></system>'),
    read(reply) {
      const information = descendantOf(top(reply, this.namespace, 'system'), 'system-info')
      return {
        hostname: leafValue(information, 'sys-name'),
        vendor: 'Huawei',
        model: leafValue(information, 'product-name'),
        osVersion: leafValue(information, 'product-version'),
        serialNumber: leafValue(information, 'esn'),
      }
    },
  },
  {
    module: 'nokia-state',
    namespace: 'urn:nokia.com:sros:ns:yang:sr:state',
    operation: get(
      '<state xmlns="urn:nokia.com:sros:ns:yang:sr:state"><system>' +
        '<oper-name/><platform/><version/></system>' +
        '<chassis><hardware-data><serial-number/></hardware-data></chassis></state>',
    ),
    read(reply) {
      const state = top(reply, this.namespace, 'state')
      return {
        hostname: leafValue(state, 'system', 'oper-name'),
        vendor: 'Nokia',
        model: leafValue(state, 'system', 'platform'),
        osVersion:
          leafValue(state, 'system', 'version', 'version-number') ?? leafValue(state, 'system', 'version'),
        serialNumber: leafValue(state, 'chassis', 'hardware-data', 'serial-number'),
      }
    },
  },
  {
    module: 'Cisco-IOS-XE-device-hardware-oper',
    namespace: `${CISCO}Cisco-IOS-XE-device-hardware-oper`,
    operation: get(
      `<device-hardware-data xmlns="${CISCO}Cisco-IOS-XE-device-hardware-oper"><device-hardware>` +
        '<device-inventory><hw-type>hw-type-chassis</hw-type></device-inventory>' +
        '<device-system-data><software-version/></device-system-data>' +
        '</device-hardware></device-hardware-data>',
    ),
    read(reply) {
      const hardware = descendantOf(top(reply, this.namespace, 'device-hardware-data'), 'device-hardware')
      const chassis = childrenOf(hardware, 'device-inventory').find(isChassis('hw-type'))
      const software = leafValue(hardware, 'device-system-data', 'software-version')
      return {
        vendor: 'Cisco',
        model: leafValue(chassis, 'part-number'),
        // The text is the first lines of `show version`, which contain the version.
        osVersion: /\bVersion ([^\s,]+)/.exec(software ?? '')?.[1] ?? software,
        serialNumber: leafValue(chassis, 'serial-number'),
      }
    },
  },
  {
    module: 'Cisco-IOS-XR-install-oper',
    namespace: `${CISCO}Cisco-IOS-XR-install-oper`,
    operation: get(`<install xmlns="${CISCO}Cisco-IOS-XR-install-oper"><version/></install>`),
    read(reply) {
      const version = descendantOf(top(reply, this.namespace, 'install'), 'version')
      return {
        vendor: 'Cisco',
        osVersion:
          leafValue(version, 'label') ?? leafValue(version, 'package', 'version') ?? leafValue(version),
      }
    },
  },
  {
    module: 'openconfig-platform',
    namespace: 'http://openconfig.net/yang/platform',
    operation: get(
      '<components xmlns="http://openconfig.net/yang/platform"><component><name/><state><type/><mfg-name/>' +
        '<part-no/><serial-no/><software-version/></state></component></components>',
    ),
    read(reply) {
      const components = childrenOf(top(reply, this.namespace, 'components'), 'component')
      const chassis = components.find(isChassis('state', 'type'))
      return {
        vendor: leafValue(chassis, 'state', 'mfg-name'),
        model: leafValue(chassis, 'state', 'part-no'),
        osVersion: leafValue(chassis, 'state', 'software-version'),
        serialNumber: leafValue(chassis, 'state', 'serial-no'),
      }
    },
  },
  {
    module: 'ietf-hardware',
    namespace: `${YANG}ietf-hardware`,
    operation: get(
      `<hardware xmlns="${YANG}ietf-hardware"><component><name/><class/>` +
        '<mfg-name/><model-name/><serial-num/><software-rev/></component></hardware>',
    ),
    read(reply) {
      const components = childrenOf(top(reply, this.namespace, 'hardware'), 'component')
      const chassis = components.find(isChassis('class'))
      return {
        vendor: leafValue(chassis, 'mfg-name'),
        model: leafValue(chassis, 'model-name'),
        osVersion: leafValue(chassis, 'software-rev'),
        serialNumber: leafValue(chassis, 'serial-num'),
      }
    },
  },
  {
    module: 'openconfig-system',
    namespace: 'http://openconfig.net/yang/system',
    operation: get(
      '<system xmlns="http://openconfig.net/yang/system">' +
        '<state><hostname/><software-version/></state></system>',
    ),
    read(reply) {
      const state = descendantOf(top(reply, this.namespace, 'system'), 'state')
      return { hostname: leafValue(state, 'hostname'), osVersion: leafValue(state, 'software-version') }
    },
  },
  {
    module: 'ietf-system',
    namespace: `${YANG}ietf-system`,
    // RFC 7317 puts the host name in the configuration and the platform in the state.
    operation: get(
      `<system-state xmlns="${YANG}ietf-system"><platform/></system-state>` +
        `<system xmlns="${YANG}ietf-system"><hostname/></system>`,
    ),
    read(reply) {
      const platform = descendantOf(top(reply, this.namespace, 'system-state'), 'platform')
      return {
        hostname: leafValue(top(reply, this.namespace, 'system'), 'hostname'),
        model: leafValue(platform, 'machine'),
        // As in uname, the release is the version, and the version is the build date.
        osVersion: leafValue(platform, 'os-release') ?? leafValue(platform, 'os-version'),
      }
    },
  },
]

function get(filter: string): string {
  return `<get><filter type="subtree">${filter}</filter></get>`
}

/** Returns the top element of that name in the `<data>` of the answer to a `<get>`. */
function top(reply: XmlElement, namespace: string, name: string): XmlElement | undefined {
  const data = reply.children.find((child) => child.name === 'data')
  return data?.children.find((child) => child.name === name && child.namespace === namespace)
}

/** Returns the first element of that name in document order, in any namespace. */
function nested(element: XmlElement, name: string): XmlElement | undefined {
  for (const child of element.children) {
    const found = child.name === name ? child : nested(child, name)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * Returns a test for the component whose value at `path` names a chassis. The value is an identity, with or
 * without a prefix: `iana-hardware:chassis`, `CHASSIS`, `hw-type-chassis`.
 */
function isChassis(...path: string[]): (component: XmlElement) => boolean {
  return (component) => /(^|:|hw-type-)chassis$/i.test(leafValue(component, ...path) ?? '')
}
