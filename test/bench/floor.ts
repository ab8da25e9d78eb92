import autocannon from 'autocannon'
import { Command } from 'commander'
import { duration } from '../../src/cli/options.ts'
import { dataOf } from '../support/graphql-answer.ts'
import { type ServerProcess, startBareYoga, startMercurius } from './floor/servers.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { writeDatabase } from './support/gateway-over-database.ts'
import { countOption } from './support/options.ts'
import { usageNotes, usageOf } from './support/process-usage.ts'
import { fixed, milliseconds, printReport, type Table } from './support/report.ts'
import { median, medianOf } from './support/statistics.ts'

// What the least answers cost: the gateway beside graphql-yoga without all that it adds, and beside mercurius.

const DEVICES = 14_000

/** Different pages that are asked for, each after the one before. */
const PAGES = 250

const TYPENAME = '{ __typename }'
const PAGE = `query ($after: String) {
  devices(first: 50, after: $after) {
    nodes { id name address netconfSupported lastProbedAt site { name } country { name } }
    pageInfo { endCursor }
  }
}`

const MEASURES = ['{ __typename }', 'the same page of 50', 'different pages of 50'] as const
type Measure = (typeof MEASURES)[number]

interface FloorOptions {
  connections: number
  duration: number
  runs: number
  profile?: string
}

const command = new Command('bench:floor')
  .description('Answers a second of the least queries, beside a bare graphql-yoga and mercurius.')
  .addOption(countOption('--connections <n>', 'connections that ask without a pause', 50))
  .option('--duration <duration>', 'how long each is asked in each run', duration, 5_000)
  .addOption(countOption('--runs <n>', 'how often each is asked, by turns; printed are medians', 3))
  .option('--profile <folder>', 'has the gateway leave a CPU profile there')

/** What one server did in one run. */
interface Measured {
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** Of the server's first thread, for an answer; null where it cannot be told. */
  cpuMs: number | null
}

await runBenchmark<FloorOptions>(command, async (options, stack) => {
  tell(`writing ${DEVICES} devices`)
  const size = { devices: DEVICES, sites: 1_400, countries: 100 }
  const database = await writeDatabase(stack, size, options.profile)
  const gateway = database.start()
  const servers = new Map<string, Pick<ServerProcess, 'pid' | 'url'>>([
    ['rollcall', { pid: gateway.pid, url: await gateway.url }],
    ['bare graphql-yoga', stack.own(await startBareYoga(database.path))],
  ])
  const mercurius = await startMercurius(database.path)
  if (mercurius !== null) servers.set('mercurius', stack.own(mercurius))
  const bodies = new Map<string, Record<Measure, string[]>>()
  for (const [name, { url }] of servers) {
    const pages = await bodiesOfPages(url)
    bodies.set(name, {
      '{ __typename }': [JSON.stringify({ query: TYPENAME })],
      'the same page of 50': pages.slice(0, 1),
      'different pages of 50': pages,
    })
  }
  const results = new Map(MEASURES.map((measure) => [measure, new Map<string, Measured[]>()] as const))
  for (const [measure, ofServers] of results) {
    for (let run = 0; run <= options.runs; run += 1) {
      for (const [name, server] of servers) {
        tell(`${measure}, ${name}: ${run === 0 ? 'warming up' : `run ${run} of ${options.runs}`}`)
        const measured = await ask(server, bodies.get(name)?.[measure] ?? [], options)
        if (run > 0) ofServers.set(name, [...(ofServers.get(name) ?? []), measured])
      }
    }
  }
  printReport({
    benchmark: command.name(),
    title: `${options.connections} connections that ask without a pause; medians of ${options.runs} runs by turns`,
    tables: [...results].map(([measure, ofServers]) => tableOf(measure, ofServers)),
    notes: [
      'The bare graphql-yoga has our schema, resolvers and store; mercurius has one statement for the page.',
      'These two run with the flags of Node.js as they come, rollcall with those of its bin.',
      ...(mercurius === null
        ? ['mercurius is not installed, so it is not compared: npm install --prefix test/bench/mercurius']
        : []),
      ...usageNotes(),
    ],
    data: {
      options,
      results: Object.fromEntries(
        [...results].map(([measure, ofServers]) => [measure, Object.fromEntries(ofServers)]),
      ),
    },
  })
})

/** The queries for pages, one after the other, as their cursors tell them. */
async function bodiesOfPages(url: string): Promise<string[]> {
  const bodies: string[] = []
  let after: string | null = null
  while (bodies.length < PAGES) {
    const variables: { after: string | null } = { after }
    bodies.push(JSON.stringify({ query: PAGE, variables }))
    const { devices }: PageAnswer = await dataOf<PageAnswer>(url, PAGE, variables)
    if (devices.nodes.length !== 50) throw new Error(`${url} answers with another page.`)
    after = devices.pageInfo.endCursor
  }
  return bodies
}

interface PageAnswer {
  devices: { nodes: unknown[]; pageInfo: { endCursor: string } }
}

async function ask(
  { url, pid }: Pick<ServerProcess, 'url' | 'pid'>,
  bodies: readonly string[],
  { connections, duration: durationMs }: FloorOptions,
): Promise<Measured> {
  const before = usageOf(pid)
  const result = await autocannon({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    requests: bodies.map((body) => ({ body })),
    connections,
    duration: durationMs / 1_000,
  })
  const after = usageOf(pid)
  const { non2xx, errors, latency, requests } = result
  if (non2xx > 0 || errors > 0) throw new Error(`${url} failed to answer ${non2xx + errors} times.`)
  const cpuMs = before && after ? (after.mainThreadCpuMs - before.mainThreadCpuMs) / requests.total : null
  return { perSecond: requests.total / result.duration, p50Ms: latency.p50, p99Ms: latency.p99, cpuMs }
}

function tableOf(measure: Measure, results: ReadonlyMap<string, Measured[]>): Table {
  const rateOf = (runs: readonly Measured[]) => median(runs.map(({ perSecond }) => perSecond))
  const bare = rateOf(results.get('bare graphql-yoga') ?? [])
  return {
    columns: [measure, 'answers/s', 'of bare yoga', 'p50', 'p99', 'CPU an answer'],
    rows: [...results].map(([name, runs]) => {
      const cpuMs = medianOf(runs, (run) => run.cpuMs)
      return [
        name,
        fixed(rateOf(runs), 0),
        fixed(rateOf(runs) / bare, 2),
        milliseconds(median(runs.map(({ p50Ms }) => p50Ms))),
        milliseconds(median(runs.map(({ p99Ms }) => p99Ms))),
        cpuMs === null ? '-' : `${fixed(cpuMs, 3)} ms`,
      ]
    }),
  }
}
