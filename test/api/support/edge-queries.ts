import type { GraphQLField, GraphQLObjectType } from 'graphql'
import { expect } from 'vitest'
import { schema } from '../../../src/api/schema/schema.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { idsOf, MOST_PARENTS } from './edge-data.ts'
import { type Edge, edgesOf, nodeTypes, reached, selectionOf } from './edge-walk.ts'

type Field = GraphQLField<unknown, unknown>
export type Cursors = ReadonlyMap<Field, string>

export const Query = schema.getQueryType() as GraphQLObjectType

/** How the fields of Query are asked for so many objects, in each way that there is. */
const QUERIES: Readonly<Record<string, (count: number) => readonly string[]>> = {
  changes: () => [
    '(first: $first)',
    '(last: $first)',
    '(first: $first, deviceId: "RGV2aWNlOjE")',
    '(first: $first, filter: { name: { startsWith: "r" } })',
  ],
  countries: () => ['(filter: { name: { in: $names } })'],
  country: (count) => times(count, (index) => `(name: "Country ${index}")`),
  device: (count) => times(count, (index) => `(name: "r${index}a")`),
  devices: () => [
    '(first: $first)',
    '(last: $first, orderBy: { field: COUNTRY, direction: DESC })',
    '(first: $first, filter: { hasCapability: { module: { eq: "m" } }, site: { country: { region: { eq: "EMEA" } } } })',
  ],
  // An object of the memory, like `viewer`: each alias is another parent.
  gateway: (count) => times(count, () => ''),
  groups: () => ['(by: SITE)', '(by: MODEL, first: $first, filter: { name: { startsWith: "r" } })'],
  node: (count) => idsOf('Device', count).map((id) => `(id: "${id}")`),
  nodes: () => ['(ids: $ids)'],
  refresh: (count) => idsOf('Refresh', count).map((id) => `(id: "${id}")`),
  refreshes: () => ['(first: $first)', '(last: $first, state: [COMPLETED])'],
  site: (count) => times(count, (index) => `(name: "s${index}")`),
  sites: () => [
    '(first: $first)',
    '(first: $first, orderBy: { field: DEVICES }, filter: { name: { contains: "s" } })',
  ],
  summary: () => ['', '(filter: { site: { country: { name: { in: $names } } } })'],
  syncPlans: () => ['(first: $first)', '(last: $first, state: [APPLIED])'],
  viewer: (count) => times(count, () => ''),
}

/** What is given for arguments of other fields, by the argument's type. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  CapabilityFilter: '{ uri: { startsWith: "urn:" } }',
  DeviceFilter: '{ name: { startsWith: "r" }, or: [{ lifecycle: ACTIVE }, { lifecycle: DECOMMISSIONED }] }',
  SiteFilter: '{ name: { startsWith: "s" } }',
  ChangeAction: 'UPDATED',
  Int: '1',
  '[ProbeOutcome!]': '[SUPPORTED, TIMEOUT]',
}

const VARIABLES = { $first: 'Int!', $ids: '[ID!]!', $names: '[String!]!' }

/** Every edge of the schema that a query leads to. */
export function queryEdges(): Edge[] {
  return [Query, ...nodeTypes(schema)].flatMap((type) => edgesOf(schema, type))
}

function times(count: number, write: (index: number) => string): string[] {
  return Array.from({ length: count }, (_, index) => write(index))
}

/** Asks for the edges of a group from so many parents, and expects them and their children to exist. */
export async function askForEdges(
  url: string,
  group: readonly Edge[],
  { count, cursors }: { count: number; cursors: Cursors },
): Promise<void> {
  const from = group[0]?.from ?? ''
  const isRoot = from === 'Query'
  const selection = selectionOf(group, (field) =>
    isRoot && Query.getFields()[field.name] === field ? waysOfQuery(field, count) : waysOf(field, cursors),
  )
  const body = isRoot ? selection : `{ nodes(ids: $ids) { ... on ${from} ${selection} } }`
  const used = Object.entries(VARIABLES).filter(([name]) => body.includes(name))
  const definitions = used.map(([name, type]) => `${name}: ${type}`).join(', ')
  const variables = {
    first: count,
    ids: idsOf(isRoot ? 'Device' : from, count),
    names: times(count, (index) => `Country ${index}`),
  }
  const data = await dataOf<{ nodes: object[] }>(
    url,
    definitions ? `query (${definitions}) ${body}` : body,
    variables,
  )
  for (const edge of group) {
    const { parents, values } = reached(edge, isRoot ? [data] : data.nodes)
    expect(parents.length, `parents of ${edge.name}`).toBeGreaterThanOrEqual(isRoot ? 1 : count)
    if (edge.isComposite && count === MOST_PARENTS)
      expect(values, `what ${edge.name} leads to`).not.toEqual([])
  }
}

function waysOfQuery({ name }: Field, count: number): readonly string[] {
  const ways = QUERIES[name]
  if (!ways) throw new Error(`QUERIES does not say how to ask for Query.${name}.`)
  return ways(count)
}

/** With no arguments, with a filter, and with pages from both ends and from the middle. */
function waysOf(field: Field, cursors: Cursors): string[] {
  const pageArguments = new Set(cursors.has(field) ? ['first', 'after', 'last', 'before'] : [])
  const filters = field.args.filter(({ name }) => !pageArguments.has(name))
  const filter = filters.map(({ name, type }) => {
    const value = ARGUMENTS[String(type)]
    if (!value) throw new Error(`ARGUMENTS does not say what to give for a ${type}.`)
    return `${name}: ${value}`
  })
  const cursor = cursors.get(field)
  const pages = cursor
    ? ['first: 2', 'last: 2', `first: 2, after: "${cursor}"`, `last: 1, before: "${cursor}"`]
    : []
  const ways = ['', ...filter, ...pages, ...(cursor ? filter.map((each) => `first: 1, ${each}`) : [])]
  return ways.map((way) => (way ? `(${way})` : ''))
}

/** A cursor from the midst of each connection below an object. */
export async function cursorsOf(url: string): Promise<Cursors> {
  const cursors = new Map<Field, string>()
  for (const type of nodeTypes(schema)) {
    const connections = Object.values(type.getFields()).filter(({ args }) =>
      args.some(({ name }) => name === 'after'),
    )
    for (const field of connections) {
      const query = `query ($ids: [ID!]!) {
        nodes(ids: $ids) { ... on ${type.name} { found: ${field.name}(first: 2) { pageInfo { endCursor } } } }
      }`
      interface Found {
        nodes: { found: { pageInfo: { endCursor: string } } }[]
      }
      const { nodes } = await dataOf<Found>(url, query, { ids: idsOf(type.name, 1) })
      cursors.set(field, nodes[0]?.found.pageInfo.endCursor ?? '')
    }
  }
  return cursors
}
