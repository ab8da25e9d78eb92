import fc from 'fast-check'
import { type ExecutionArgs, type ExecutionResult, parse, validate } from 'graphql'
import { type ApiContext, type ApiServices, createContext } from '../../../src/api/context.ts'
import type { Feeds } from '../../../src/api/live/feeds.ts'
import type { ReaderSettings } from '../../../src/api/read-threads/reader-messages.ts'
import { schema } from '../../../src/api/schema/schema.ts'
import { encodeGlobalId } from '../../../src/base/global-id.ts'
import { silentLogger } from '../../../src/base/log.ts'
import { probe } from '../../../src/netconf/probe.ts'
import { RefreshService } from '../../../src/refresh/refresh-service.ts'
import { scheduledFrom } from '../../../src/refresh/schedule.ts'
import { FIRST_TRY, newRefresh, newStore, record, report, sync } from '../../store/support/fixture.ts'
import { ONLY_PROCESS } from '../../support/api-server.ts'
import { defaultConfig } from '../../support/default-config.ts'
import { HandClock } from '../../support/hand-clock.ts'
import { randomDocuments } from './random-documents.ts'

const OUTCOMES = ['SUPPORTED', 'AUTH_FAILED', 'TIMEOUT', 'MISSING_CAPABILITIES'] as const

/** Queries that fit `probedInventory`. */
export const randomQueries = randomDocuments(schema, {
  depth: 4,
  values: {
    id: ['Device:3', 'Site:1', 'Country:2', 'Refresh:1', 'Probe:2', 'Change:1', 'Device:999'].map(globalId),
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

/**
 * Returns what makes the arguments to execute a random query, each time with a context of its own. Skips a query that
 * is not valid: aliases keep most fields apart, but arguments may be in conflict nevertheless.
 */
export function executionsOf(
  { text, variables }: { text: string; variables: Record<string, unknown> },
  newContext: () => ApiContext,
): () => ExecutionArgs {
  const document = parse(text)
  fc.pre(validate(schema, document).length === 0)
  return () => ({ schema, document, variableValues: variables, contextValue: newContext() })
}

/** Fields are resolved side by side: in what order they fail says nothing, nor which others had failed where all is null. */
export function textOf({ data, errors = [] }: ExecutionResult): string {
  if (data === null) return `null, ${errors.length > 0}`
  return JSON.stringify({ data, errors: errors.map((error) => JSON.stringify(error)).sort() })
}

function globalId(text: string): string {
  const [type = '', id = ''] = text.split(':')
  return encodeGlobalId(type, id)
}

/** An inventory whose devices were probed but for a few, with what it takes to read it from another thread. */
export async function probedInventory(): Promise<{ newContext: () => ApiContext; settings: ReaderSettings }> {
  const { store, database: path } = await newStore()
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
  const refreshes = new RefreshService({
    config,
    store,
    sources: [],
    probe: (task, signal) => probe(task, signal),
    clock,
    log: silentLogger,
  })
  const everyMs = config.schedule.everyMs
  const facts = { version: '1.2.3', startedAt: 0, requiredCapabilities: ['urn:base:1.0'], everyMs }
  const nextAt = 7_200_000
  const services: ApiServices = {
    store,
    refreshes,
    clock,
    gateway: {
      ...facts,
      nextScheduledRefreshAt: () => nextAt,
      scheduledFrom: (at) => scheduledFrom(at, { nextAt, everyMs }),
      probePool: () => ({ workers: 0, inFlight: 0, replaced: 0 }),
      regions: () => [],
      processes: () => [ONLY_PROCESS],
      hasEngine: () => true,
      isAlone: true,
    },
  }
  return {
    // Only queries are executed.
    newContext: () => createContext(services, {} as Feeds, { name: 'anne', role: 'ADMIN' }),
    settings: { database: path, gateway: facts },
  }
}
