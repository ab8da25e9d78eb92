import { fork } from 'node:child_process'
import type { CloseStack } from '../../../src/base/close.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { tell } from '../support/benchmark.ts'
import { setUpGateway } from '../support/gateway-over-fleet.ts'
import { HIERARCHY } from '../support/hierarchy-query.ts'
import type { PageLoad } from '../support/page-load.ts'
import { type LoadQuery, queryLatencies } from '../support/query-load.ts'
import { completeRefresh } from '../support/refreshes.ts'
import { fixed, milliseconds, outcomeList, seconds, type Table } from '../support/report.ts'
import { median, percentile } from '../support/statistics.ts'

const PAGE_SIZE = 100
const PAGE_LOAD = new URL('../clients/page-load.ts', import.meta.url)
/** The hierarchy is asked for until the refresh ends, or for this long. */
const MAX_REFRESH_MS = 600_000

const PAGE = `query ($after: String) {
  devices(first: ${PAGE_SIZE}, after: $after) {
    nodes {
      id name address netconfSupported
      site { name }
      country { name }
      lastProbe { outcome message startedAt durationMs }
    }
    pageInfo { hasNextPage endCursor }
  }
}`

const CURSORS = `query ($after: String) {
  devices(first: 500, after: $after) { edges { cursor } pageInfo { hasNextPage endCursor } }
}`

/** A prime number, so that it reaches all devices unless their number is a multiple of it. */
const STRIDE = 101

export interface Latencies {
  queries: number
  p50Ms: number
  p99Ms: number
  maxMs: number
}

export interface Run {
  refreshMs: number
  outcomes: Record<string, number>
  /** By query, in their order. */
  idle: Latencies[]
  duringRefresh: Latencies[]
}

export interface RefreshLoadOptions {
  /** Simulated ones. */
  devices: number
  faulty: number
  timeoutMs: number
  runs: number
  /** Queries a second. */
  rate: number
  /** How long the idle gateway is asked. */
  idleMs: number
}

export interface RefreshLoadResult {
  queries: ReturnType<typeof rowOf>[]
  runs: LoadedRun[]
}

type LoadedRun = Run & { besideHierarchy: Latencies[] }

/** Latency of queries to a gateway over a fleet, idle and during a refresh. */
export async function measureDuringRefresh(
  stack: CloseStack,
  options: RefreshLoadOptions,
): Promise<RefreshLoadResult> {
  const setup = await setUpGateway(stack, options)
  const url = await setup.start().url
  tell('a first refresh, so that every device has a last probe')
  await completeRefresh(url)
  const queries = [await pageQuery(url)]
  // What is compiled and cached by the first queries is no latency of the others.
  await queryLatencies(url, queries, { perSecond: 100, signal: AbortSignal.timeout(2_000) })
  const runs: LoadedRun[] = []
  for (let count = 1; count <= options.runs; count += 1) {
    tell(`run ${count} of ${options.runs}`)
    const run = await measureRun(url, queries, options)
    runs.push({ ...run, besideHierarchy: await measureBesideHierarchy(url, queries, options.rate) })
  }
  return { queries: queries.map(({ name }, query) => rowOf(name, query, runs)), runs }
}

export function refreshTables({ queries, runs }: RefreshLoadResult): Table[] {
  return [
    {
      columns: [
        'query',
        'idle p50',
        'p99',
        'max',
        'in a refresh p50',
        'p99',
        'max',
        'p50 ratio',
        'p99 ratio',
        'beside the hierarchy p99',
        'ratio to in a refresh',
      ],
      rows: queries.map(({ name, idle, duringRefresh, besideHierarchy, ratio }) => [
        name,
        ...cellsOf(idle),
        ...cellsOf(duringRefresh),
        fixed(ratio.p50, 2),
        fixed(ratio.p99, 2),
        milliseconds(besideHierarchy.p99Ms),
        fixed(besideHierarchy.p99Ms / duringRefresh.p99Ms, 2),
      ]),
    },
    {
      columns: ['run', 'refresh', 'queries idle', 'in the refresh', 'outcomes'],
      rows: runs.map(({ refreshMs, idle, duringRefresh, outcomes }, index) => [
        String(index + 1),
        seconds(refreshMs),
        String(totalOf(idle)),
        String(totalOf(duringRefresh)),
        outcomeList(outcomes),
      ]),
    },
  ]
}

/**
 * Pages that begin at one device after the other, far apart. No page is asked for again before all others were, so that
 * none is answered from memory: it would be while the gateway is idle, and could not be in a refresh.
 */
export async function pageQuery(url: string): Promise<LoadQuery> {
  const cursors: string[] = []
  for (let after: string | null = null, hasNext = true; hasNext; ) {
    const { devices }: CursorsAnswer = await dataOf(url, CURSORS, { after })
    cursors.push(...devices.edges.map(({ cursor }) => cursor))
    after = devices.pageInfo.endCursor
    hasNext = devices.pageInfo.hasNextPage && after !== null
  }
  let asked = 0
  return {
    name: `page of ${PAGE_SIZE} devices`,
    query: PAGE,
    variables: () => {
      asked += 1
      return { after: cursors[(asked * STRIDE) % cursors.length] }
    },
  }
}

interface CursorsAnswer {
  devices: {
    edges: { cursor: string }[]
    pageInfo: { hasNextPage: boolean; endCursor: string | null }
  }
}

export async function measureRun(
  url: string,
  queries: readonly LoadQuery[],
  { rate, idleMs }: Pick<RefreshLoadOptions, 'rate' | 'idleMs'>,
): Promise<Run> {
  const whileIdle = await queryLatencies(url, queries, {
    perSecond: rate,
    signal: AbortSignal.timeout(idleMs),
  })
  const { refresh, latencies } = await latenciesInRefresh(url, queries, rate)
  return {
    refreshMs: refresh.wallMs,
    outcomes: refresh.outcomes,
    idle: whileIdle.map(summarize),
    duringRefresh: latencies.map(summarize),
  }
}

/** The latencies in a refresh during which another client asks for the whole hierarchy once a second. */
export async function measureBesideHierarchy(
  url: string,
  queries: readonly LoadQuery[],
  rate: number,
): Promise<Latencies[]> {
  const client = fork(PAGE_LOAD, { serialization: 'advanced' })
  const load: PageLoad = {
    url,
    query: HIERARCHY,
    cursors: [''],
    clients: 1,
    pace: 1,
    durationMs: MAX_REFRESH_MS,
  }
  client.send(load)
  try {
    const { latencies } = await latenciesInRefresh(url, queries, rate)
    if (client.exitCode !== null) throw new Error('The process that asks for the hierarchy has ended.')
    return latencies.map(summarize)
  } finally {
    client.kill()
  }
}

async function latenciesInRefresh(url: string, queries: readonly LoadQuery[], perSecond: number) {
  const ended = new AbortController()
  const [refresh, latencies] = await Promise.all([
    completeRefresh(url).finally(() => ended.abort()),
    queryLatencies(url, queries, { perSecond, signal: ended.signal }),
  ])
  return { refresh, latencies }
}

function summarize(latencies: readonly number[]): Latencies {
  return {
    queries: latencies.length,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    maxMs: percentile(latencies, 1),
  }
}

function rowOf(name: string, query: number, runs: readonly LoadedRun[]) {
  const idle = mediansOf(runs.flatMap((run) => run.idle[query] ?? []))
  const duringRefresh = mediansOf(runs.flatMap((run) => run.duringRefresh[query] ?? []))
  const besideHierarchy = mediansOf(runs.flatMap((run) => run.besideHierarchy[query] ?? []))
  const ratio = { p50: duringRefresh.p50Ms / idle.p50Ms, p99: duringRefresh.p99Ms / idle.p99Ms }
  return { name, idle, duringRefresh, besideHierarchy, ratio }
}

function mediansOf(runs: readonly Latencies[]): Omit<Latencies, 'queries'> {
  return {
    p50Ms: median(runs.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(runs.map(({ p99Ms }) => p99Ms)),
    maxMs: median(runs.map(({ maxMs }) => maxMs)),
  }
}

function cellsOf({ p50Ms, p99Ms, maxMs }: Omit<Latencies, 'queries'>): string[] {
  return [milliseconds(p50Ms), milliseconds(p99Ms), milliseconds(maxMs)]
}

function totalOf(latencies: readonly Latencies[]): number {
  return latencies.reduce((total, { queries }) => total + queries, 0)
}
