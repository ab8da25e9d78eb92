import { Command } from 'commander'
import { duration } from '../../src/cli/options.ts'
import { dataOf } from '../support/graphql-answer.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { setUpGateway } from './support/gateway-over-fleet.ts'
import { countOption, devicesOption, faultyOption, timeoutOption } from './support/options.ts'
import { type LoadQuery, queryLatencies } from './support/query-load.ts'
import { completeRefresh } from './support/refreshes.ts'
import { fixed, milliseconds, outcomeList, printReport, seconds } from './support/report.ts'
import { median, percentile } from './support/statistics.ts'

// What a refresh costs whoever asks the API meanwhile.

interface ApiOptions {
  devices: number
  faulty: number
  timeout: number
  runs: number
  rate: number
  idle: number
}

const command = new Command('bench:api')
  .description('Latency of queries to a gateway, idle and during a refresh.')
  .addOption(devicesOption(1_000))
  .addOption(faultyOption(11))
  .addOption(timeoutOption())
  .addOption(countOption('--runs <n>', 'how often both are measured; what is printed are medians', 1))
  .addOption(countOption('--rate <n>', 'queries a second', 20))
  .option('--idle <duration>', 'how long the idle gateway is asked', duration, 30_000)

const PAGE_SIZE = 100

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

interface Latencies {
  queries: number
  p50Ms: number
  p99Ms: number
  maxMs: number
}

interface Run {
  refreshMs: number
  outcomes: Record<string, number>
  /** By query, in their order. */
  idle: Latencies[]
  duringRefresh: Latencies[]
}

await runBenchmark<ApiOptions>(command, async ({ timeout, ...options }, stack) => {
  const setup = await setUpGateway(stack, { ...options, timeoutMs: timeout })
  const url = await setup.start().url
  tell('a first refresh, so that every device has a last probe')
  await completeRefresh(url)
  const queries = [await pageQuery(url)]
  // What is compiled and cached by the first queries is no latency of the others.
  await queryLatencies(url, queries, { perSecond: 100, signal: AbortSignal.timeout(2_000) })
  const runs: Run[] = []
  for (let count = 1; count <= options.runs; count += 1) {
    tell(`run ${count} of ${options.runs}`)
    runs.push(await measureRun(url, queries, options))
  }
  const rows = queries.map(({ name }, query) => rowOf(name, query, runs))
  printReport({
    benchmark: command.name(),
    title: `${options.devices} devices, ${options.faulty} of them stall; ${options.rate} queries a second; ${options.runs === 1 ? 'one run' : `medians of ${options.runs} runs`}`,
    tables: [
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
        ],
        rows: rows.map(({ name, idle, duringRefresh, ratio }) => [
          name,
          ...cellsOf(idle),
          ...cellsOf(duringRefresh),
          fixed(ratio.p50, 2),
          fixed(ratio.p99, 2),
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
    ],
    notes: ['A refresh is taken from the request for it to its end, the fetch of the inventory included.'],
    data: { options: { ...options, timeout }, queries: rows, runs },
  })
})

/** One page after the other, and then from the beginning: as those who page through a list, not as a cache likes it. */
async function pageQuery(url: string): Promise<LoadQuery> {
  const cursors: (string | null)[] = [null]
  for (let cursor: string | null = null; ; ) {
    const { devices }: PageAnswer = await dataOf(url, PAGE, { after: cursor })
    cursor = devices.pageInfo.endCursor
    if (!devices.pageInfo.hasNextPage || cursor === null) break
    cursors.push(cursor)
  }
  return {
    name: `page of ${PAGE_SIZE} devices`,
    query: PAGE,
    variables: (turn) => ({ after: cursors[turn % cursors.length] }),
  }
}

interface PageAnswer {
  devices: { pageInfo: { hasNextPage: boolean; endCursor: string | null } }
}

async function measureRun(
  url: string,
  queries: readonly LoadQuery[],
  { rate, idle }: Pick<ApiOptions, 'rate' | 'idle'>,
): Promise<Run> {
  const whileIdle = await queryLatencies(url, queries, { perSecond: rate, signal: AbortSignal.timeout(idle) })
  const ended = new AbortController()
  const [refresh, duringRefresh] = await Promise.all([
    completeRefresh(url).finally(() => ended.abort()),
    queryLatencies(url, queries, { perSecond: rate, signal: ended.signal }),
  ])
  return {
    refreshMs: refresh.wallMs,
    outcomes: refresh.outcomes,
    idle: whileIdle.map(summarize),
    duringRefresh: duringRefresh.map(summarize),
  }
}

function summarize(latencies: readonly number[]): Latencies {
  return {
    queries: latencies.length,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    maxMs: percentile(latencies, 1),
  }
}

function rowOf(name: string, query: number, runs: readonly Run[]) {
  const idle = mediansOf(runs.flatMap((run) => run.idle[query] ?? []))
  const duringRefresh = mediansOf(runs.flatMap((run) => run.duringRefresh[query] ?? []))
  const ratio = { p50: duringRefresh.p50Ms / idle.p50Ms, p99: duringRefresh.p99Ms / idle.p99Ms }
  return { name, idle, duringRefresh, ratio }
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
