import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, Option } from 'commander'
import type { CloseStack } from '../../src/base/close.ts'
import { rowId } from '../../src/base/global-id.ts'
import { wholeNumber } from '../../src/cli/options.ts'
import { dataOf } from '../support/graphql-answer.ts'
import { TemporaryPostgres } from '../support/temporary-postgres.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { CommitTimes } from './support/commit-times.ts'
import { setUpGateway } from './support/gateway-over-fleet.ts'
import type { GatewayProcess } from './support/gateway-process.ts'
import { countOption, devicesOption, faultyOption, timeoutOption } from './support/options.ts'
import { type ProcessUsage, resetPeakMemory, usageNotes, usageOf } from './support/process-usage.ts'
import { completeRefresh, endOfRefresh, type RefreshState, startRefresh } from './support/refreshes.ts'
import { megabytes, outcomeList, printReport, seconds } from './support/report.ts'
import { Histogram } from './support/statistics.ts'
import type { SubscribersJob, SubscribersReport } from './support/subscriber-messages.ts'

// Many subscribers to one refresh: whether each gets every result once, how soon, and what they cost the gateway.

interface SubscriberOptions {
  subscribers: number
  devices: number
  faulty: number
  timeout: number
  /** Undefined: `serve` alone. */
  processes?: number
}

const command = new Command('bench:subscribers')
  .description('Delivery to many SSE subscribers of one refresh, and what they cost the gateway.')
  .addOption(countOption('--subscribers <n>', 'how many subscribers', 1_000))
  .addOption(devicesOption(1_000))
  .addOption(faultyOption(11))
  .addOption(timeoutOption())
  .addOption(
    new Option(
      '--processes <n>',
      'how many API processes share the subscribers, over PostgreSQL with an engine (default: serve alone on SQLite)',
    ).argParser(wholeNumber(1, 16)),
  )

await runBenchmark<SubscriberOptions>(command, async ({ timeout, ...options }, stack) => {
  const served = await serve(stack, { ...options, timeoutMs: timeout })
  const [first] = served.apis
  tell('a refresh without subscribers')
  const alone = await observed(served, () => completeRefresh(first.url))
  tell(`a refresh with ${options.subscribers} subscribers`)
  const { followed, reports, latencies } = await followedRefresh(served, options, stack)
  const { total } = followed.refresh
  const subscribers = reports.flatMap((report) => report.subscribers)
  const complete = subscribers.filter(
    ({ received, repeated, gaps, ended }) => ended && received === total && repeated === 0 && gaps === 0,
  ).length
  const delivery = {
    complete,
    refused: subscribers.filter(({ openedAt }) => openedAt === null).length,
    repeated: sum(subscribers.map(({ repeated }) => repeated)),
    missing: sum(subscribers.map(({ received }) => total - received)),
    deliveries: sum(subscribers.map(({ received }) => received)),
    live: latencies.total,
    p50Ms: latencies.percentile(0.5),
    p99Ms: latencies.percentile(0.99),
    maxMs: latencies.percentile(1),
    bytes: sum(reports.map(({ bytes }) => bytes)),
  }
  const place =
    options.processes === undefined ? 'over SSE' : `at ${options.processes} API processes over PostgreSQL`
  printReport({
    benchmark: command.name(),
    title: `${options.devices} devices, ${options.faulty} of them stall; ${options.subscribers} subscribers ${place}`,
    tables: [
      {
        columns: ['subscribers', 'refresh', 'API CPU', 'of it API threads', 'peak memory', 'outcomes'],
        rows: [costCells(0, alone), costCells(options.subscribers, followed)],
      },
      {
        columns: ['got every result once', 'missing', 'repeated', 'sent', 'latency p50', 'p99', 'max'],
        rows: [
          [
            `${complete} of ${options.subscribers}`,
            String(delivery.missing),
            String(delivery.repeated),
            megabytes(delivery.bytes),
            ...[delivery.p50Ms, delivery.p99Ms, delivery.maxMs].map((latencyMs) => `${latencyMs} ms`),
          ],
        ],
      },
    ],
    notes: [
      `Latency is from the commit of a result, as a reader of the database sees it every few milliseconds and rounded up, to its arrival; the up to 250 ms for which a subscription gathers results are in it. It counts the ${delivery.live} of ${delivery.deliveries} deliveries whose results were committed after their subscriber had subscribed.`,
      'CPU is that of all processes that serve the API; memory is that of the one with most.',
      ...usageNotes(),
    ],
    data: { options: { ...options, timeout }, alone, followed, delivery },
  })
})

/** The processes that serve the API, and their database. */
interface Served {
  apis: [Api, ...Api[]]
  database: string
}

interface Api {
  pid: number
  url: string
}

/** Starts `serve` alone over SQLite, or an engine and API processes over PostgreSQL. */
async function serve(
  stack: CloseStack,
  { processes, ...options }: Omit<SubscriberOptions, 'timeout'> & { timeoutMs: number },
): Promise<Served> {
  if (processes === undefined) {
    const setup = await setUpGateway(stack, options)
    return { apis: [await apiOf(setup.start())], database: setup.database }
  }
  const server = await TemporaryPostgres.start()
  stack.defer(() => server[Symbol.asyncDispose]())
  const setup = await setUpGateway(stack, { ...options, database: server.url() })
  const first = await apiOf(setup.start('--role', 'api'))
  const others = Array.from({ length: processes - 1 }, () => apiOf(setup.start('--role', 'api')))
  setup.start('--role', 'engine')
  await engineAt(first.url)
  return { apis: [first, ...(await Promise.all(others))], database: setup.database }
}

async function apiOf({ pid, url }: GatewayProcess): Promise<Api> {
  return { pid, url: await url }
}

/** Resolves once an engine works. */
async function engineAt(url: string): Promise<void> {
  for (;;) {
    const { gateway } = await dataOf<{ gateway: { processes: { active: boolean }[] } }>(
      url,
      '{ gateway { processes { active } } }',
    )
    if (gateway.processes.some(({ active }) => active)) return
    await sleep(200)
  }
}

interface Observed {
  refresh: RefreshState
  cpuMs: number | null
  apiThreadCpuMs: number | null
  peakMemoryBytes: number | null
}

/** What the processes that serve the API use during a refresh. */
async function observed({ apis }: Served, refresh: () => Promise<RefreshState>): Promise<Observed> {
  for (const { pid } of apis) resetPeakMemory(pid)
  const usages = () => apis.map(({ pid }) => usageOf(pid)).filter((usage) => usage !== null)
  const before = usages()
  const state = await refresh()
  const after = usages()
  const used = (of: (usage: ProcessUsage) => number): number | null =>
    after.length === 0 ? null : sum(after.map(of)) - sum(before.map(of))
  return {
    refresh: state,
    cpuMs: used(({ cpuMs }) => cpuMs),
    apiThreadCpuMs: used(({ mainThreadCpuMs }) => mainThreadCpuMs),
    peakMemoryBytes:
      after.length === 0 ? null : Math.max(...after.map(({ peakMemoryBytes }) => peakMemoryBytes)),
  }
}

async function followedRefresh(
  served: Served,
  { subscribers }: Pick<SubscriberOptions, 'subscribers'>,
  stack: CloseStack,
): Promise<{ followed: Observed; reports: SubscribersReport[]; latencies: Histogram }> {
  const { apis, database } = served
  const clients = apis.map(({ url }, index) => {
    const child = fork(new URL('./clients/subscribers.ts', import.meta.url), { serialization: 'advanced' })
    stack.defer(() => child.kill('SIGKILL'))
    const share = Math.floor(subscribers / apis.length) + (index < subscribers % apis.length ? 1 : 0)
    return { child, url, share }
  })
  const url = apis[0].url
  const reported = Promise.withResolvers<SubscribersReport[]>()
  const commits = Promise.withResolvers<CommitTimes>()
  const followed = await observed(served, async () => {
    const refreshId = await startRefresh(url)
    commits.resolve(stack.own(await CommitTimes.open(database, rowId('Refresh', refreshId))))
    await Promise.all(
      clients.map(async ({ child, url, share }) => {
        const job: SubscribersJob = { url, refreshId, subscribers: share }
        const opened = answerOf<'open'>(child)
        child.send(job)
        await opened
      }),
    )
    const refresh = await endOfRefresh(url, refreshId)
    reported.resolve(
      Promise.all(
        clients.map(async ({ child }) => {
          const answer = answerOf<SubscribersReport>(child)
          child.send('ended')
          return await answer
        }),
      ),
    )
    await reported.promise
    return refresh
  })
  const latencies = new Histogram()
  const reports = await reported.promise
  for (const report of reports) addLatencies(latencies, report, await commits.promise)
  return { followed, reports, latencies }
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The process with the subscribers ended with exit code ${code}.`)
  })
  const [answer] = await Promise.race([once(child, 'message'), ended])
  // The other side is one of our own.
  return answer as T
}

/** Of the results that were committed while their subscriber was there; what was there before is history to it. */
function addLatencies(
  latencies: Histogram,
  { subscribers, deliveries }: SubscribersReport,
  commits: CommitTimes,
): void {
  for (let at = 0; at < deliveries.length; at += 4) {
    const [subscriber = 0, arrivedAt = 0, firstSeq = 0, lastSeq = -1] = deliveries.subarray(at, at + 4)
    const openedAt = subscribers[subscriber]?.openedAt ?? Number.POSITIVE_INFINITY
    for (let seq = firstSeq; seq <= lastSeq; seq += 1) {
      const notBefore = commits.notBefore(seq)
      if (notBefore !== undefined && notBefore >= openedAt) latencies.add(arrivedAt - notBefore, 1)
    }
  }
}

function costCells(
  subscribers: number,
  { refresh, cpuMs, apiThreadCpuMs, peakMemoryBytes }: Observed,
): string[] {
  return [
    String(subscribers),
    seconds(refresh.wallMs),
    seconds(cpuMs),
    seconds(apiThreadCpuMs),
    megabytes(peakMemoryBytes),
    outcomeList(refresh.outcomes),
  ]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
