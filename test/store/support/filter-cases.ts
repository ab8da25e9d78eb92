import { readFileSync } from 'node:fs'
import { type InputObjectTypeDefinitionNode, Kind, parse, type TypeNode } from 'graphql'
import type { DeviceFilter, HoldConditions } from '../../../src/store/query/filters.ts'

const TEXT_CASES = (values: readonly string[]) => ({
  eq: values.map((value) => ({ eq: value })),
  in: [{ in: [] }, { in: [...values, 'nothing'] }],
  contains: values.map((value) => ({ contains: Array.from(value)[1] ?? '' })),
  startsWith: [...values.map((value) => ({ startsWith: value.slice(0, 2) })), { startsWith: '' }],
})

/** With globs of each kind, a credential that is suspended, and none at all. */
const HOLD_CASES: readonly HoldConditions[] = [
  {
    at: 500,
    intervalMs: 100,
    checksHostKeys: true,
    credentials: [{ name: 'a', match: null, isUsable: true }],
  },
  { at: 500, intervalMs: 100, checksHostKeys: false, credentials: [] },
  {
    at: 500,
    intervalMs: 100,
    checksHostKeys: false,
    credentials: [
      { name: 'a', match: { site: 'PAR*', platform: '*' }, isUsable: false },
      { name: 'b', match: { platform: 'IOS??', country: '*an*' }, isUsable: true },
      { name: 'c', match: { name: 'R*[%_]' }, isUsable: true },
      { name: 'd', match: { name: "o'%_\\" }, isUsable: false },
      { name: 'e', match: { platform: '*', country: 'côte*' }, isUsable: true },
    ],
  },
]

type TextCases = ReturnType<typeof TEXT_CASES>

/** Filters by the field that they ask for, as the paths of `filterPaths`. */
export const FILTER_CASES: ReadonlyMap<string, readonly DeviceFilter[]> = new Map<string, DeviceFilter[]>([
  ['ids', [{ ids: [] }, { ids: [1, 3, 5, 7, 9_999] }, { not: { ids: [2, 4] } }]],
  ...onText('name', ['r1', "o'%_\\"], (name) => ({ name })),
  ...onText('address', ['192.0.2.1', '2001:db8::1'], (address) => ({ address })),
  ...onText('platform', ['iosxe', '100%_x'], (platform) => ({ platform })),
  ...onText('vendor', ['Juniper', '%'], (vendor) => ({ vendor })),
  ...onText('model', ['MX204', '_'], (model) => ({ model })),
  ...onText('osVersion', ['17.09.04a', '😀1'], (osVersion) => ({ osVersion })),
  ['lifecycle', [{ lifecycle: 'DECOMMISSIONED' }, { lifecycle: 'ACTIVE' }]],
  ['netconfSupported', [{ netconfSupported: true }, { netconfSupported: false }]],
  ['outcome', [{ outcome: [] }, { outcome: ['TIMEOUT'] }, { outcome: ['SUPPORTED', 'NO_NETCONF'] }]],
  ['phase', [{ phase: [] }, { phase: ['HELLO'] }, { phase: ['CONNECT', 'CLOSE'] }]],
  ['hostKeyChanged', [{ hostKeyChanged: true }, { hostKeyChanged: false }]],
  ['held', [true, false].flatMap((held) => HOLD_CASES.map((holds) => ({ held, holds })))],
  ['probedBefore', [{ probedBefore: -1 }, { probedBefore: 0 }, { probedBefore: 500 }]],
  ...onCapability('hasCapability'),
  ...onCapability('lacksCapability'),
  ...onText('site.name', ['Paris', 'HQ'], (name) => ({ site: { name } })),
  ...onText('site.country.name', ['France', 'Côte d’Ivoire'], (name) => ({ site: { country: { name } } })),
  ...onText('site.country.region', ['EMEA', '_'], (region) => ({ site: { country: { region } } })),
])

function onText(
  path: string,
  values: readonly string[],
  filterOf: (text: TextCases[keyof TextCases][number]) => DeviceFilter,
): [string, DeviceFilter[]][] {
  return Object.entries(TEXT_CASES(values)).map(([operator, texts]) => [
    `${path}.${operator}`,
    texts.map(filterOf),
  ])
}

function onCapability(field: 'hasCapability' | 'lacksCapability'): [string, DeviceFilter[]][] {
  return [
    ...onText(`${field}.uri`, ['urn:b:1.1', 'urn:%'], (uri) => ({ [field]: { uri } })),
    ...onText(`${field}.module`, ['ietf-interfaces', 'm2'], (module) => ({ [field]: { module } })),
    [`${field}.minRevision`, [{ [field]: { minRevision: '2018-01-01' } }, { [field]: {} }]],
  ]
}

/** Every field and operator of the schema's DeviceFilter, but for `or` and `not`: `site.country.name.eq`, for example. */
export function filterPaths(): string[] {
  const schema = parse(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8'))
  const inputs = new Map(
    schema.definitions
      .filter(
        (node): node is InputObjectTypeDefinitionNode => node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION,
      )
      .map((node) => [node.name.value, node.fields ?? []]),
  )
  const pathsIn = (type: string): string[] =>
    (inputs.get(type) ?? []).flatMap(({ name, type: of }) => {
      if (name.value === 'or' || name.value === 'not') return []
      const inner = pathsIn(nameOf(of))
      return inner.length === 0 ? [name.value] : inner.map((path) => `${name.value}.${path}`)
    })
  return pathsIn('DeviceFilter')
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type)
}
