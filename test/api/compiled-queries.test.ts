import fc from 'fast-check'
import { type ExecutionArgs, type ExecutionResult, execute, getOperationAST, parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import type { ApiContext } from '../../src/api/context.ts'
import { CompiledQueries } from '../../src/api/execution/compiled-queries.ts'
import { QueryCompiler } from '../../src/api/execution/query-compiler.ts'
import { encodeGlobalId } from '../../src/api/global-id.ts'
import { createLoaders } from '../../src/api/loaders.ts'
import { schema } from '../../src/api/schema.ts'
import { silentLogger } from '../../src/base/log.ts'
import { defaultConfig } from '../../src/config/defaults.ts'
import { probe } from '../../src/netconf/probe.ts'
import { RefreshService } from '../../src/refresh/refresh-service.ts'
import { FIRST_TRY, newRefresh, newStore, record, report, sync } from '../store/support/fixture.ts'
import { HandClock } from '../support/hand-clock.ts'
import { randomDocuments } from './support/random-documents.ts'

// Enough that what differs shows; more with ROUNDS=10000.
const ROUNDS = Number(process.env.ROUNDS ?? 200)

const OUTCOMES = ['SUPPORTED', 'AUTH_FAILED', 'TIMEOUT', 'MISSING_CAPABILITIES'] as const

describe('a compiled query', () => {
  it('gives what graphql itself gives, errors and all', async () => {
    const newContext = await contexts()
    const documents = randomDocuments(schema, {
      depth: 4,
      values: {
        id: ['Device:3', 'Site:1', 'Country:2', 'Refresh:1', 'Probe:2', 'Change:1', 'Device:999'].map(
          globalId,
        ),
        ids: ['Device:3', 'Device:4', 'Probe:1', 'Site:9'].map(globalId),
        deviceId: ['Device:1', 'Device:2'].map(globalId),
        after: ['no cursor'],
        before: ['no cursor'],
        first: [0, 1, 3, 5000],
        last: [1, 2],
        DateTime: ['2026-05-03T23:19:04.120Z', '1970-01-01T00:00:11.000Z'],
        String: ['', 'a', 'r1', 'France', 'Lyon', 'urn:base:1.0', '2020-01-01'],
        Int: [1, 2],
        Boolean: [true, false],
      },
    })
    let compared = 0
    await fc.assert(
      fc.asyncProperty(documents, async ({ text, variables }) => {
        const document = parse(text)
        // Aliases keep most fields apart; where arguments are in conflict nevertheless, there is nothing to run.
        fc.pre(validate(schema, document).length === 0)
        const args = (): ExecutionArgs => ({
          schema,
          document,
          variableValues: variables,
          contextValue: newContext(),
        })
        const expected = textOf(await execute(args()))
        const compiled = new CompiledQueries(schema)
        for (let turn = 1; turn <= 4; turn += 1) {
          expect(textOf(await compiled.execute(args()))).toBe(expected)
        }
        compared += 1
      }),
      { numRuns: ROUNDS },
    )
    expect(compared).toBe(ROUNDS)
  })

  it('is not made of what would take more memory than it saves time', async () => {
    const compiler = new QueryCompiler(schema)
    const compiled = (text: string) => {
      const document = parse(text)
      const operation = getOperationAST(document)
      return operation && compiler.compile(document, operation)
    }
    const devices = (count: number) =>
      Array.from({ length: count }, (_, index) => `a${index}: gateway { version }`).join(' ')
    expect(compiled(`{ ${devices(100)} }`)).toMatchObject({ fields: 200 })
    expect(compiled(`{ ${devices(151)} }`)).toBeNull()
    const doubled = '{ ...A ...A } fragment A on Query { ...B ...B } fragment B on Query '
    expect(compiled(`${doubled} { ${devices(30)} }`)).toMatchObject({ fields: 240 })
    expect(compiled(`${doubled} { ${devices(40)} }`)).toBeNull()
  })
})

/** Fields are resolved side by side: in what order they fail says nothing, nor which others had failed where all is null. */
function textOf({ data, errors = [] }: ExecutionResult): string {
  if (data === null) return `null, ${errors.length > 0}`
  return JSON.stringify({ data, errors: errors.map((error) => JSON.stringify(error)).sort() })
}

function globalId(text: string): string {
  const [type = '', id = ''] = text.split(':')
  return encodeGlobalId(type, id)
}

/** Gives a new context over one and the same inventory, all of which was probed but for a few. */
async function contexts(): Promise<() => ApiContext> {
  const { store } = await newStore()
  const places = ['France/Lyon', 'France/Paris', 'Chile/Arica', 'Chile/Lyon']
  await sync(
    store,
    places.flatMap((place) => ['r1', 'r2', 's1'].map((name) => record(`${place}/${name}`))),
  )
  const { id: refreshId } = await newRefresh(store)
  const results = OUTCOMES.flatMap((outcome, index) =>
    [2 * index + 1, 2 * index + 2].map((deviceId) => ({
      refreshId,
      deviceId,
      ...FIRST_TRY,
      report: report({ outcome, message: outcome === 'SUPPORTED' ? null : 'It did not.' }),
    })),
  )
  await store.probes.commitBatch(results)
  const clock = new HandClock()
  const config = defaultConfig({})
  const refreshes = new RefreshService({ config, store, sources: [], probe, clock, log: silentLogger })
  const gateway: ApiContext['gateway'] = {
    version: '1.2.3',
    startedAt: 0,
    requiredCapabilities: ['urn:base:1.0'],
    nextScheduledRefreshAt: () => 7_200_000,
    scheduledFrom: () => null,
    everyMs: 7_200_000,
    probePool: () => ({ workers: 0, inFlight: 0, replaced: 0 }),
  }
  const services = { store, refreshes, clock, gateway, viewer: { name: 'anne', role: 'ADMIN' } }
  return () => ({ ...services, loaders: createLoaders(store) }) as unknown as ApiContext
}
