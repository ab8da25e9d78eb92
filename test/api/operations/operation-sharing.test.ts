import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  buildSchema,
  defaultFieldResolver,
  type ExecutionArgs,
  type GraphQLField,
  isObjectType,
  parse,
} from 'graphql'
import { describe, expect, it, onTestFinished } from 'vitest'
import { OperationSharing } from '../../../src/api/operations/operation-sharing.ts'
import { mayReadRequestTimeState, readsRequestTimeState } from '../../../src/api/schema/builder.ts'
import { schema } from '../../../src/api/schema/schema.ts'
import { startApiWithEverything } from '../support/edge-data.ts'
import { askForEdges, cursorsOf, Query, queryEdges } from '../support/edge-queries.ts'
import { fieldsFrom, groupsOf } from '../support/edge-walk.ts'

type Field = GraphQLField<unknown, unknown>

const API = join(import.meta.dirname, '../../../src/api')

/** What a resolver is given that is not the database: only the caller's role is in the key of a shared answer. */
const STATE: ReadonlySet<unknown> = new Set(['services', 'refreshes', 'gateway', 'clock', 'feeds', 'viewer'])

describe('the mark of a field that reads request-time state', () => {
  it('is on every field whose resolver reads the gateway, the clock or the caller, and on no other', async () => {
    const marked = fieldsOfQueries().filter(([, field]) => mayReadRequestTimeState(field))
    const resolved = new Set<string>()
    const readers = new Set<string>()
    recordReads(resolved, readers)
    const { url } = await startApiWithEverything()
    const cursors = await cursorsOf(url)
    for (const group of groupsOf(queryEdges())) await askForEdges(url, group, { count: 1, cursors })
    expect([...resolved].sort()).toEqual(fieldsFrom(schema, Query).sort())
    expect([...readers].sort()).toEqual(marked.map(([name]) => name).sort())
    expect(readers.size).toBeGreaterThan(4)
  })

  it('covers every resolver that reads the system clock', () => {
    const files = ['schema', 'loaders'].flatMap((room) =>
      readdirSync(join(API, room)).map((name) => join(API, room, name)),
    )
    const direct = files.filter((file) =>
      /Date\.now|new Date\(\)|performance\.|\bprocess\.(?!ts')|Math\.random|randomUUID|systemClock/.test(
        readFileSync(file, 'utf8'),
      ),
    )
    expect(files.length).toBeGreaterThan(20)
    expect(direct).toEqual([])
  })
})

describe('an operation', () => {
  const sharing = new OperationSharing()
  const isShareable = (text: string, operationName?: string) =>
    sharing.isShareable({ schema, document: parse(text), ...(operationName && { operationName }) })

  it.each([
    '{ countries { name sites { name devices { name lifecycle } } } }',
    '{ __schema { queryType { name } } countries { __typename } }',
    '{ node(id: "RGV2aWNlOjE") { __typename id ... on Device { name } } }',
    'query A { countries { name } } query B { viewer { name } }',
    'fragment Unused on Device { probeHold } { devices { nodes { name } } }',
  ])('that reads only the database can be shared: %s', (text) => {
    expect(isShareable(text, text.includes('query A') ? 'A' : undefined)).toBe(true)
  })

  it.each([
    '{ viewer { role } }',
    '{ alias: viewer { __typename } }',
    '{ gateway { version } }',
    '{ countries { sites { devices { name probeHold } } } }',
    '{ device(name: "r1") { nextProbeAt } }',
    '{ node(id: "RGV2aWNlOjE") { ... on Device { ... { probeHold } } } }',
    '{ refreshes { edges { node { progress { done } } } } }',
    '{ countries { name } viewer @skip(if: true) { name } }',
    'query ($v: Boolean!) { countries { name } ... @include(if: $v) { viewer { name } } }',
    'fragment Held on Device { probeHold } fragment Of on Site { devices { ...Held } } { sites { nodes { ...Of } } }',
    'query A { countries { name } } query B { viewer { name } }',
    'mutation { refresh(input: {}) { id } }',
    'subscription { refreshChanged { refresh { id } } }',
    '{ unknownField }',
  ])('that reads request-time state or is not a query cannot be shared: %s', (text) => {
    expect(isShareable(text, text.includes('query A') ? 'B' : undefined)).toBe(false)
  })

  it('cannot be shared if a type of the requested interface resolves the field from request-time state', () => {
    const ofInterface = buildSchema(`
      interface Named { name: String }
      type Fixed implements Named { name: String }
      type Live implements Named { name: String }
      type Query { named: Named fixed: Fixed }`)
    const live = ofInterface.getType('Live')
    if (!isObjectType(live)) throw new Error('There is no type Live.')
    Object.assign(live.getFields().name ?? {}, { extensions: readsRequestTimeState })
    const decide = (text: string) =>
      new OperationSharing().isShareable({ schema: ofInterface, document: parse(text) })
    expect(decide('{ named { name } }')).toBe(false)
    expect(decide('{ named { __typename } fixed { name } }')).toBe(true)
  })

  it('cannot be shared if its name is not in the document', () => {
    expect(isShareable('query A { countries { name } }', 'C')).toBe(false)
    expect(isShareable('query A { countries { name } } query B { countries { name } }')).toBe(false)
  })

  it('has another key for each role, document, operation name and set of variables', () => {
    const document = parse('query A($id: ID!) { node(id: $id) { id } }')
    const args = (role: string, rest: Partial<ExecutionArgs> = {}) =>
      sharing.keyOf({ schema, document, contextValue: { viewer: { role } }, ...rest })
    const keys = [
      args('VIEWER'),
      args('ADMIN'),
      args('VIEWER', { document: parse('{ countries { name } }') }),
      args('VIEWER', { operationName: 'A' }),
      args('VIEWER', { variableValues: { id: '1' } }),
      args('VIEWER', { variableValues: { id: '2' } }),
    ]
    expect(new Set(keys).size).toBe(keys.length)
    expect(args('VIEWER', { variableValues: { id: '1' } })).toBe(keys[4])
  })
})

/** `Type.field` and the field, for every object type that a query leads to. */
function fieldsOfQueries(): [string, Field][] {
  const names = new Set(fieldsFrom(schema, Query))
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .flatMap((type) =>
      Object.values(type.getFields()).map((field): [string, Field] => [`${type}.${field.name}`, field]),
    )
    .filter(([name]) => names.has(name))
}

/** Records, until the test ends, which fields are resolved and which of them read state beside the database. */
function recordReads(resolved: Set<string>, readers: Set<string>): void {
  for (const [name, field] of fieldsOfQueries()) {
    const original = field.resolve
    const resolve = original ?? defaultFieldResolver
    const onRead = () => readers.add(name)
    field.resolve = (source, args, context, info) => {
      resolved.add(name)
      return resolve(source, args, recordedContext(context as object, onRead), info)
    }
    onTestFinished(() => {
      if (original) field.resolve = original
      else delete field.resolve
    })
  }
}

/** The context, with `onRead` called for each read of state; what is read from that state is recorded as well. */
function recordedContext(context: object, onRead: () => void): object {
  return new Proxy(context, {
    get(owner, name) {
      const value: unknown = Reflect.get(owner, name, owner)
      if (!STATE.has(name)) return value
      // An answer is shared only among callers of one role, and authorization reads that role for each field.
      return recorded(value as object, onRead, name === 'viewer' ? new Set(['role']) : new Set())
    },
  })
}

function recorded(target: object, onRead: () => void, unrecorded: ReadonlySet<unknown>): object {
  return new Proxy(target, {
    get(owner, name) {
      if (!unrecorded.has(name)) onRead()
      const value: unknown = Reflect.get(owner, name, owner)
      if (typeof value === 'function') return value.bind(owner)
      return typeof value === 'object' && value !== null ? recorded(value, onRead, new Set()) : value
    },
  })
}
