/** A network operating system as a NETCONF client sees it. */
export interface Platform {
  /** The `platform` in the inventory. */
  name: string
  vendor: string
  model: string
  /** Returns the version of a release. */
  versionOf(builtOn: string): string
  /** The text after `SSH-2.0-` in the identification string (RFC 4253 section 4.2). */
  identification: string
  /** Base versions of the NETCONF protocol that it offers; not every system offers both. */
  bases: readonly string[]
  /** The layout of its hello. */
  layout: 'compact' | 'indented' | 'prefixed'
  /** The build dates of the releases in use, oldest first. Later releases have more modules. */
  releases: readonly string[]
  /** Its own modules, which all releases have. */
  features: readonly string[]
  /** Returns the capability of one of these modules. */
  moduleOf(feature: string, revision: string): string
  /** Returns further capabilities, which have no module in `features`. */
  extras(revision: string): readonly string[]
}

const BASE_1_0 = 'urn:ietf:params:netconf:base:1.0'
const BASE_1_1 = 'urn:ietf:params:netconf:base:1.1'

const ROUTING = ['bgp', 'ospf', 'isis', 'mpls', 'bfd', 'rib', 'route-policy', 'multicast', 'segment-routing']
const SERVICES = ['aaa', 'acl', 'ntp', 'snmp', 'syslog', 'qos', 'dhcp', 'ssh', 'telemetry', 'license']
const SWITCHING = ['vlan', 'spanning-tree', 'lldp', 'lacp', 'evpn', 'vxlan', 'arp', 'nd']
const HARDWARE = ['platform', 'environment', 'process-cpu', 'process-memory', 'transceiver', 'controllers']

export const PLATFORMS: readonly Platform[] = [
  {
    name: 'iosxe',
    vendor: 'Cisco',
    model: 'C9300-48UXM',
    versionOf: (builtOn) => `17.${monthsSince(2018, builtOn) >> 2}.1`,
    identification: 'Cisco-1.25',
    bases: [BASE_1_0, BASE_1_1],
    layout: 'compact',
    releases: ['2021-07-01', '2022-03-01', '2023-07-01', '2024-03-01'],
    features: [...ROUTING, ...SERVICES, ...SWITCHING, ...HARDWARE].flatMap((name) => [name, `${name}-oper`]),
    moduleOf: (feature, revision) =>
      `http://cisco.com/ns/yang/Cisco-IOS-XE-${feature}?module=Cisco-IOS-XE-${feature}&revision=${revision}`,
    extras: () => ['urn:ietf:params:netconf:capability:notification:1.1'],
  },
  {
    name: 'iosxr',
    vendor: 'Cisco',
    model: 'NCS-5501-SE',
    versionOf: (builtOn) => `${builtOn.slice(2, 4)}.${quarterOf(builtOn)}.1`,
    identification: 'Cisco-2.0',
    bases: [BASE_1_1],
    layout: 'indented',
    releases: ['2019-11-15', '2021-04-20', '2022-09-07', '2024-06-11'],
    features: [...ROUTING, ...SERVICES, ...HARDWARE].flatMap((name) => [`${name}-cfg`, `${name}-oper`]),
    moduleOf: (feature, revision) =>
      `http://cisco.com/ns/yang/Cisco-IOS-XR-${feature}?module=Cisco-IOS-XR-${feature}&revision=${revision}`,
    extras: () => ['urn:ietf:params:netconf:capability:confirmed-commit:1.1'],
  },
  {
    name: 'junos',
    vendor: 'Juniper',
    model: 'MX204',
    versionOf: (builtOn) => `${builtOn.slice(2, 4)}.${quarterOf(builtOn)}R1.9`,
    identification: 'OpenSSH_7.5',
    // Junos also announces its base version by the XML namespace.
    bases: [BASE_1_0, 'urn:ietf:params:xml:ns:netconf:base:1.0'],
    layout: 'indented',
    releases: ['2019-01-01', '2021-01-01', '2022-01-01', '2023-01-01'],
    features: ['root', 'system', 'interfaces', 'protocols', 'routing-options', 'firewall', 'chassis'],
    moduleOf: (feature, revision) =>
      `http://yang.juniper.net/junos/conf/${feature}?module=junos-conf-${feature}&revision=${revision}`,
    extras: () => ['http://xml.juniper.net/netconf/junos/1.0', 'http://xml.juniper.net/dmi/system/1.0'],
  },
  {
    name: 'nxos',
    vendor: 'Cisco',
    model: 'N9K-C93180YC-FX',
    versionOf: (builtOn) => `10.${quarterOf(builtOn)}(${builtOn.slice(3, 4)})`,
    identification: 'OpenSSH_8.3',
    bases: [BASE_1_0, BASE_1_1],
    layout: 'prefixed',
    releases: ['2020-07-20', '2022-08-04', '2024-03-26'],
    features: ['interfaces', 'vlan', 'lldp', 'lacp', 'platform', 'network-instance', 'acl'],
    moduleOf: (feature, revision) =>
      `http://openconfig.net/yang/${feature}?revision=${revision}&module=openconfig-${feature}`,
    extras: (revision) => [
      `http://cisco.com/ns/yang/cisco-nx-os-device?revision=${revision}&module=Cisco-NX-OS-device`,
    ],
  },
  {
    name: 'vrp',
    vendor: 'Huawei',
    model: 'NE8000',
    versionOf: (builtOn) => `8.${monthsSince(2018, builtOn)}`,
    identification: 'HUAWEI-1.5',
    bases: [BASE_1_0, BASE_1_1],
    layout: 'compact',
    releases: ['2020-03-18', '2021-10-11', '2023-05-30'],
    features: [...ROUTING, ...SERVICES, ...SWITCHING, ...HARDWARE, 'system', 'ifm', 'cfg', 'devm'],
    moduleOf: (feature, revision) =>
      `urn:huawei:yang:huawei-${feature}?module=huawei-${feature}&revision=${revision}`,
    extras: () => ['http://www.huawei.com/netconf/capability/discard-commit/1.0'],
  },
  {
    name: 'sros',
    vendor: 'Nokia',
    model: '7750 SR-1',
    versionOf: (builtOn) => `${builtOn.slice(2, 4)}.${Number(builtOn.slice(5, 7))}.R1`,
    identification: 'OpenSSH_8.8',
    bases: [BASE_1_0, BASE_1_1],
    layout: 'indented',
    releases: ['2021-10-13', '2022-10-12', '2023-10-11'],
    features: ['conf', 'state', 'log', 'types-sros', 'types-bgp', 'types-isis', 'types-mpls', 'types-qos'],
    moduleOf: (feature, revision) =>
      `urn:nokia.com:sros:ns:yang:sr:${feature}?module=nokia-${feature}&revision=${revision}`,
    extras: () => ['urn:ietf:params:netconf:capability:validate:1.1'],
  },
]

function monthsSince(year: number, builtOn: string): number {
  return (Number(builtOn.slice(0, 4)) - year) * 12 + Number(builtOn.slice(5, 7))
}

function quarterOf(builtOn: string): number {
  return Math.ceil(Number(builtOn.slice(5, 7)) / 3)
}
