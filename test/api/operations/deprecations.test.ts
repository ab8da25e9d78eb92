import { parse } from 'graphql'
import { createSchema, createYoga } from 'graphql-yoga'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Metrics } from '../../../src/api/http/metrics.ts'
import { Deprecations } from '../../../src/api/operations/deprecations.ts'
import { SubscriptionCount } from '../../../src/api/operations/limited-operations.ts'
import { OperationMetrics } from '../../../src/api/operations/operation-metrics.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { startApi } from '../../support/api-server.ts'

const schema = createSchema({
  typeDefs: `
    enum Kind { ROUTER SWITCH  HUB @deprecated(reason: "Nobody has any.") }
    input Filter { name: String  label: String @deprecated(reason: "Use name.")  kind: Kind  or: [Filter!] }
    type Device { name: String!  label: String @deprecated(reason: "Use name.") }
    type Query {
      devices(filter: Filter, limit: Int @deprecated(reason: "Use first."), first: Int): [Device!]!
      all: [Device!]! @deprecated(reason: "Use devices.")
    }
    type Subscription { device: Device!  changes: Device! @deprecated(reason: "Use device.") }
  `,
  resolvers: {
    Query: { devices: () => [], all: () => [] },
    Subscription: { changes: { subscribe: async function* () {} } },
  },
})

/** What is counted once the operation has run, without what was not used. */
async function usesOf(query: string, { variables = {}, times = 1 } = {}): Promise<Record<string, number>> {
  const deprecations = new Deprecations(schema)
  const yoga = createYoga({ schema, plugins: [deprecations.plugin], logging: false })
  for (let time = 0; time < times; time += 1) {
    await yoga.fetch('http://localhost/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query,
        variables,
        operationName: query.includes('Chosen') ? 'Chosen' : undefined,
      }),
    })
  }
  return used(deprecations)
}

function used(deprecations: Deprecations): Record<string, number> {
  return Object.fromEntries([...deprecations.uses].filter(([, count]) => count > 0))
}

describe('a deprecated element', () => {
  it('has a count of 0 at the start', () => {
    expect(Object.fromEntries(new Deprecations(schema).uses)).toEqual({
      'Kind.HUB': 0,
      'Filter.label': 0,
      'Device.label': 0,
      'Query.devices(limit:)': 0,
      'Query.all': 0,
      'Subscription.changes': 0,
    })
  })

  it.each<[string, string, object, Record<string, number>]>([
    ['not here', '{ devices(first: 1, filter: { kind: ROUTER }) { name } }', {}, {}],
    ['not if it is refused', '{ all { label planet } }', {}, {}],
    ['a field', '{ all { name } }', {}, { 'Query.all': 1 }],
    [
      'a field twice',
      '{ all { name label } more: all { label } }',
      {},
      { 'Query.all': 1, 'Device.label': 1 },
    ],
    [
      'a field of a fragment',
      '{ devices { ...D } } fragment D on Device { label }',
      {},
      { 'Device.label': 1 },
    ],
    ['an argument', '{ devices(limit: 1) { name } }', {}, { 'Query.devices(limit:)': 1 }],
    ['an enum value', '{ devices(filter: { kind: HUB }) { name } }', {}, { 'Kind.HUB': 1 }],
    ['an input field', '{ devices(filter: { or: { label: "a" } }) { name } }', {}, { 'Filter.label': 1 }],
    [
      'a default value',
      'query ($f: Filter = { label: "a" }) { devices(filter: $f) { name } }',
      {},
      { 'Filter.label': 1 },
    ],
    [
      'a variable',
      'query ($f: Filter!) { devices(filter: $f) { name } }',
      { f: { or: [{ kind: 'HUB' }, { kind: 'ROUTER', label: 'a' }] } },
      { 'Kind.HUB': 1, 'Filter.label': 1 },
    ],
    [
      'a variable that is no good',
      'query ($f: Filter!) { devices(filter: $f) { name } }',
      { f: { or: [7, null], kind: {}, planet: { label: 1 } } },
      {},
    ],
    [
      'the operation that was chosen, not the other one',
      'query Chosen { devices { name } } query Other { all { name } }',
      {},
      {},
    ],
  ])('is counted if an operation uses it: %s', async (_what, query, variables, uses) => {
    expect(await usesOf(query, { variables })).toEqual(uses)
  })

  it('is counted for each run of an operation', async () => {
    expect(await usesOf('{ all { label } }', { times: 3 })).toEqual({ 'Query.all': 3, 'Device.label': 3 })
  })

  it('is counted over WebSocket as well, also for subscriptions', async () => {
    const deprecations = new Deprecations(schema)
    const yoga = createYoga({ schema, plugins: [deprecations.plugin], logging: false })
    for (const query of ['{ all { name } }', 'subscription { changes { name } }']) {
      const { execute, subscribe, contextFactory } = yoga.getEnveloped({ params: { query } })
      const args = { schema, document: parse(query), contextValue: await contextFactory() }
      await (query.startsWith('subscription') ? subscribe(args) : execute(args))
    }
    expect(used(deprecations)).toEqual({ 'Query.all': 1, 'Subscription.changes': 1 })
  })

  it('is shown in the metrics', async () => {
    const { store, refreshes } = await startApi([])
    const gateway = {
      version: '1.2.3',
      startedAt: 0,
      requiredCapabilities: [],
      nextScheduledRefreshAt: () => null,
      scheduledFrom: () => null,
      everyMs: 1_000,
      probePool: () => ({ workers: 0, inFlight: 0, replaced: 0 }),
      regions: () => [],
      processes: () => [],
      hasEngine: () => true,
      isAlone: true,
    }
    const deprecations = new Deprecations(schema)
    const counted = {
      deprecations,
      operations: new OperationMetrics([]),
      subscriptions: new SubscriptionCount(),
    }
    const metrics = new Metrics({ store, refreshes, clock: systemClock, gateway }, counted)
    onTestFinished(() => metrics.close())
    const yoga = createYoga({ schema, plugins: [deprecations.plugin], logging: false })
    await yoga.fetch(`http://localhost/graphql?query=${encodeURIComponent('{ all { name } }')}`)
    const lines = (await metrics.text()).split('\n')
    expect(lines).toContain('# TYPE rollcall_deprecated_uses_total counter')
    expect(lines).toContain('rollcall_deprecated_uses_total{coordinate="Query.all"} 1')
    expect(lines).toContain('rollcall_deprecated_uses_total{coordinate="Kind.HUB"} 0')
  })
})
