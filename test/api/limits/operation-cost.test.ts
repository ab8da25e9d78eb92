import {
  getNamedType,
  getNullableType,
  isIntrospectionType,
  isLeafType,
  isListType,
  isObjectType,
  parse,
  validate,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { listSizeOf } from '../../../src/api/limits/field-costs.ts'
import { isRateLimited } from '../../../src/api/limits/mutation-rate.ts'
import { OperationLimits } from '../../../src/api/limits/operation-limits.ts'
import { schema } from '../../../src/api/schema/schema.ts'
import { defaultConfig } from '../../support/default-config.ts'

const { limits } = defaultConfig()
let deviceCount = 14_000
const unlimited = new OperationLimits({ ...limits, cost: Number.MAX_SAFE_INTEGER }, () => deviceCount, null)

function costOf(query: string, variableValues: Record<string, unknown> = {}): number {
  const document = parse(query)
  expect(validate(schema, document)).toEqual([])
  return unlimited.checkCost({ schema, document, variableValues }).requested
}

describe('the cost of an operation', () => {
  it.each<[query: string, cost: number, variables?: Record<string, unknown>]>([
    ['{ __typename }', 1],
    ['{ gateway { version startedAt } }', 2],
    ['{ countries { name } }', 110],
    ['{ countries { sites { name } } }', 1_640],
    ['{ devices { nodes { name } } }', 111],
    ['{ devices(first: 10) { nodes { name } } }', 12],
    ['{ devices(last: 10) { edges { cursor node { name } } } }', 23],
    ['{ devices(first: 0) { nodes { name } pageInfo { hasNextPage } } }', 3],
    // A page that is too large is refused as such.
    ['{ devices(first: 2000000000) { nodes { id } } }', 1_101],
    ['query ($n: Int) { devices(first: $n) { nodes { id } } }', 12, { n: 10 }],
    ['query ($n: Int) { devices(first: $n) { nodes { id } } }', 111, { n: null }],
    ['query ($n: Int = 20) { devices(first: $n) { nodes { id } } }', 23],
    ['query ($n: Int) { devices(first: $n) { nodes { id } } }', 1, { n: 'ten' }],
    ['{ devices(first: 10) { nodes { probes(first: 5) { nodes { id } } } } }', 76],
    ['{ devices(first: 10) { nodes { lastProbe { message } } } }', 22],
    ['{ devices(first: 10) { nodes { lastProbe { notes } } } }', 31],
    ['{ devices { totalCount } }', 52],
    ['{ summary { devices } }', 242],
    ['{ devices(filter: { name: { startsWith: "a" } }) { totalCount } }', 52],
    ['{ devices(filter: { name: { contains: "a" }, not: { name: { eq: "a" } } }) { totalCount } }', 332],
    [
      'query ($f: DeviceFilter) { devices(filter: $f) { totalCount } }',
      332,
      { f: { or: [{ name: { contains: 'a' } }, { not: { name: { contains: 'b' } } }] } },
    ],
    ['query ($a: String) { devices(filter: { name: { contains: $a } }) { totalCount } }', 192, { a: 'x' }],
    ['{ devices(filter: { hasCapability: { module: { eq: "m" } } }) { totalCount } }', 52],
    // One condition is looked up in an index, the others are tested on all devices.
    ['{ devices(filter: { netconfSupported: true, lifecycle: ACTIVE }) { totalCount } }', 52],
    [
      '{ devices(filter: { netconfSupported: true, platform: { in: ["a"], startsWith: "a" } }) { totalCount } }',
      332,
    ],
    ['{ devices(filter: { name: { in: ["a"] }, netconfSupported: true, not: {} }) { totalCount } }', 192],
    [
      '{ devices(filter: { site: { name: { eq: "a" }, country: { name: { eq: "b" } } } }) { totalCount } }',
      52,
    ],
    [
      'query ($f: DeviceFilter) { devices(filter: $f) { totalCount } }',
      26_652,
      { f: { or: Array(190).fill({ name: { eq: 'a' } }) } },
    ],
    // One part of an `or` need not be in a list.
    ['{ devices(filter: { or: { osVersion: { startsWith: "a" } } }) { totalCount } }', 1_452],
    [
      'query ($names: [String!]) { devices(filter: { name: { in: $names } }) { totalCount } }',
      5_002,
      { names: Array(10_000).fill('a') },
    ],
    // The devices of the countries' sites are gone through once for all of them.
    ['{ countries { sites { devices(filter: { name: { contains: "a" } }) { name } } } }', 17_040],
    ['query ($a: ID!, $b: ID!) { nodes(ids: [$a, $b]) { id } }', 3, { a: '1', b: '2' }],
    ['query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', 1_100, { ids: Array(1_000).fill('1') }],
    // Each object is of one type: what costs most counts.
    [
      '{ node(id: "x") { ... on Site { devices { id } } ... on Device { site { id } } ... on Node { id } } }',
      13,
    ],
    // Fields that are one in the answer are one.
    [
      '{ country(name: "x") { sites { name } ...F ... { sites { id } } } } fragment F on Country { sites { name } }',
      18,
    ],
    [
      'query ($with: Boolean!) { countries { name sites @include(if: $with) { name } } }',
      110,
      { with: false },
    ],
    [
      'query ($with: Boolean!) { countries { name sites @include(if: $with) { name } } }',
      1_650,
      { with: true },
    ],
    ['query ($no: Boolean!) { countries { name ... @skip(if: $no) { sites { name } } } }', 110, { no: true }],
    ['{ countries { name sites @include(if: false) { name } sites @skip(if: true) { name } } }', 110],
    [
      'query ($with: Boolean!) { countries { sites { name } sites @include(if: $with) { name } } }',
      1_640,
      { with: false },
    ],
    ['mutation { syncInventory { plans { id } } }', 7],
    ['subscription { deviceChanges { name } }', 550],
  ])('%s is %i', (query, cost, variables) => {
    expect(costOf(query, variables)).toBe(cost)
  })

  it('is within the limit for the screens that the API is meant for', () => {
    const hierarchy =
      '{ countries { name sites { name devices { name address platform netconfSupported lastProbedAt } } } }'
    const withProbes =
      '{ countries { name summary { devices supported } sites { name summary { devices } devices { id name address facts { model osVersion } lastProbe { outcome message } } } } }'
    const page =
      '{ devices(first: 1000) { totalCount nodes { id name site { name } country { name } lastProbe { outcome } facts { model osVersion } } } }'
    for (const query of [hierarchy, withProbes, page]) expect(costOf(query)).toBeLessThan(limits.cost)
  })

  it('is limited to a fifteenth for a mutation and for an event of a subscription', () => {
    const limited = new OperationLimits(limits, () => 0, null)
    const tell = (query: string) => limited.checkCost({ schema, document: parse(query) })
    const large = '{ country { sites { devices { site { devices { name } } } } } }'
    expect(tell('{ countries { sites { devices { name } } } }').limit).toBe(150_000)
    expect(tell('mutation { resumeCredential(name: "x") { credential { name } } }').limit).toBe(10_000)
    expect(tell('subscription { deviceChanges { name address facts { model } } }').limit).toBe(10_000)
    expect(() => tell(`subscription { deviceChanges ${large} }`)).toThrow('at most 10000 is allowed')
    expect(() =>
      tell(`mutation { decommissionDevice(id: "x") { device { ${aliases(100, large)} } } }`),
    ).toThrow('at most 10000 is allowed')
  })

  it('grows with the number of devices if all of them are read', () => {
    const scan = '{ devices(filter: { name: { contains: "a" } }) { totalCount } }'
    const before = [costOf(scan), costOf('{ summary { devices } }')]
    deviceCount = 1_000_000
    expect([costOf(scan), costOf('{ summary { devices } }')]).toEqual([10_052, 10_102])
    deviceCount = 14_000
    expect([costOf(scan), costOf('{ summary { devices } }')]).toEqual(before)
  })

  it('exceeds the limit for all capabilities of a thousand devices, and for repeated ones of five hundred', () => {
    const page = '{ devices(first: 1000) { nodes { capabilities { uri } } } }'
    const changes = 'subscription { deviceChanges { capabilities { uri } } }'
    for (const query of [page, changes]) expect(costOf(query)).toBeGreaterThan(limits.cost)
  })
})

function aliases(count: number, selection: string): string {
  return Array.from({ length: count }, (_, index) => `a${index}: site ${selection}`).join(' ')
}

it('has a list size for every list of objects', () => {
  const unknown = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !/(Connection|Edge)$/.test(type.name))
    .flatMap((type) =>
      isObjectType(type) ? Object.values(type.getFields()).map((field) => ({ type, field })) : [],
    )
    .filter(({ field }) => isListType(getNullableType(field.type)) && !isLeafType(getNamedType(field.type)))
    .filter(({ type, field }) => listSizeOf(type, field) === undefined)
  expect(unknown.map(({ type, field }) => `${type.name}.${field.name}`)).toEqual([])
  expect(isIntrospectionType(schema.getType('__Type') as never)).toBe(true)
})

it('limits the rate of the mutations that fetch, probe or change many devices', () => {
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {})
  expect(
    mutations
      .filter(isRateLimited)
      .map(({ name }) => name)
      .sort(),
  ).toEqual([
    'approveSyncPlan',
    'decommissionDevices',
    'resumeCredential',
    'retryRefresh',
    'startRefresh',
    'syncInventory',
    'trustHostKeys',
  ])
})
